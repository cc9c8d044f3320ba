//! Some images that are followed together.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use photo_core::ImageKey;
use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

use super::{News, Rule, Unknown};
use crate::client::{CallError, Event, EventStream, ImageView, Server};
use crate::ending::Trouble;

/// After so many streams in a row that brought nothing, something between us and the server holds
/// them back, and it is asked instead.
const MOST_FRUITLESS: u32 = 2;

/// The first pause between two questions, and the longest. Each is half as long again as the one
/// before it, unless something was settled.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A group, as seen from outside while it is followed.
#[derive(Debug)]
pub(super) struct Group {
    left: AtomicUsize,
    stop: CancellationToken,
}

/// A group, as it is followed.
struct Following<'a> {
    group: &'a Group,
    server: &'a Server,
    rule: &'a Rule,
    left: HashSet<ImageKey>,
    news: Sender<News>,
}

impl Group {
    pub(super) fn new(images: usize) -> Self {
        Self { left: AtomicUsize::new(images), stop: CancellationToken::new() }
    }

    /// How many of its images are not settled.
    pub(super) fn left(&self) -> usize {
        self.left.load(Ordering::Relaxed)
    }

    /// Has it taken apart.
    pub(super) fn stop(&self) {
        self.stop.cancel();
    }

    /// Follows the images; answers those that are left when it is stopped.
    pub(super) async fn run(
        self: Arc<Self>,
        server: &Server,
        rule: &Rule,
        images: HashSet<ImageKey>,
        news: Sender<News>,
    ) -> Result<HashSet<ImageKey>, Trouble> {
        let mut following = Following { group: &self, server, rule, left: images, news };
        match self.stop.run_until_cancelled(following.follow()).await {
            Some(Err(error)) => Err(error.into()),
            Some(Ok(())) | None => Ok(following.left),
        }
    }
}

impl Following<'_> {
    async fn follow(&mut self) -> Result<(), CallError> {
        let mut attempts = self.server.attempts();
        let mut last_id = None;
        let mut fruitless = 0;
        while !self.left.is_empty() {
            let images: Vec<ImageKey> = self.left.iter().copied().collect();
            let error = match self.server.events(&images, &self.rule.models, last_id.clone()).await
            {
                Ok(mut stream) => {
                    fruitless += 1;
                    let error = loop {
                        match self.listen(&mut stream).await {
                            Ok(()) if self.left.is_empty() => return Ok(()),
                            Ok(()) => {
                                attempts.succeeded();
                                fruitless = 0;
                            }
                            Err(error) => break error,
                        }
                    };
                    last_id = stream.last_id();
                    error
                }
                Err(error) if error.is_unknown_request() => return self.ask_again().await,
                Err(error) => error,
            };
            if fruitless >= MOST_FRUITLESS {
                return self.ask_again().await;
            }
            attempts.pause(error).await?;
        }
        Ok(())
    }

    /// Takes the next event in.
    async fn listen(&mut self, stream: &mut EventStream<'_>) -> Result<(), CallError> {
        match stream.next().await? {
            Event::Image(view) => self.look(*view).await,
            Event::Unknown(images) => {
                for image in images {
                    self.unknown(image).await;
                }
            }
            // All that is known is final, and what is not known would have been told.
            Event::Done => self.ask().await.map(drop)?,
        }
        Ok(())
    }

    /// Follows by asking.
    async fn ask_again(&mut self) -> Result<(), CallError> {
        let mut pause = FIRST_PAUSE;
        loop {
            if self.ask().await? > 0 {
                pause = FIRST_PAUSE;
            }
            if self.left.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(pause).await;
            pause = pause.mul_f64(1.5).min(LONGEST_PAUSE);
        }
    }

    /// Asks how far all that are left have come; answers how many are settled by that.
    async fn ask(&mut self) -> Result<usize, CallError> {
        let images: Vec<ImageKey> = self.left.iter().copied().collect();
        let mut views = self.server.images(&images, &self.rule.models).await?;
        for image in &images {
            match views.remove(image) {
                Some(view) => self.look(view).await,
                None => self.unknown(*image).await,
            }
        }
        Ok(images.len() - self.left.len())
    }

    async fn look(&mut self, view: ImageView) {
        if self.rule.settles(&view) && self.left.contains(&view.image) {
            self.settle(view.image, News::Settled(Box::new(view))).await;
        }
    }

    async fn unknown(&mut self, image: ImageKey) {
        if self.rule.unknown == Unknown::Settles && self.left.contains(&image) {
            self.settle(image, News::Unknown(image)).await;
        }
    }

    /// Told first and taken out then: stopped in between, it is followed once more, not lost.
    async fn settle(&mut self, image: ImageKey, news: News) {
        // Whoever does not want to know has stopped all of this.
        let _ = self.news.send(news).await;
        self.left.remove(&image);
        self.group.left.store(self.left.len(), Ordering::Relaxed);
    }
}
