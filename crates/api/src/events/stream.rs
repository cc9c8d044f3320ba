//! The stream of events to one client, for as long as it listens.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Bytes;
use futures_util::{Stream, stream};
use photo_core::{ImageKey, UnixMillis};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, sleep_until};

use super::resumed::Resumed;
use crate::app::AppState;
use crate::app::job_views::ModelFilter;
use crate::app::subscriptions::SubscriptionError;
use crate::app::subscriptions::event;
use crate::app::subscriptions::{
    ImageChange, ImageSnapshot, PendingImage, StreamPermit, Subscription,
};

/// The longest silence. Proxies between this server and the client cut silent connections.
const MAX_SILENCE: Duration = Duration::from_secs(15);

/// The most images that are read together.
const MAX_READ_TOGETHER: usize = 20;

/// An image of more bytes is sent in pieces of as many.
const PIECE_BYTES: usize = 32 << 10;

/// A stream about some images, up to the end of their last job.
pub(super) struct ImageStream {
    state: Arc<AppState>,
    subscription: Subscription,
    /// What the client has seen before, if it comes back.
    resumed: Option<Resumed>,
    /// The images no job is known for, until the client is told.
    unknown: Vec<ImageKey>,
    /// Whether every image was sent as it was when the stream began.
    is_opened: bool,
    /// What is to be sent next.
    out: VecDeque<Bytes>,
    /// How many images are read next: large ones are held in memory until the client takes them.
    step: usize,
    is_over: bool,
    alive_at: Instant,
    _permit: StreamPermit,
}

impl ImageStream {
    /// A stream about those jobs of these images that pass `filter`. Images that a client that
    /// comes back saw finished are left out.
    pub(super) fn new(
        state: Arc<AppState>,
        images: Vec<ImageKey>,
        filter: ModelFilter,
        resumed: Option<Resumed>,
    ) -> Result<Self, SubscriptionError> {
        let permit = state.subscriptions.permits.take()?;
        let since = resumed.map_or(UnixMillis(0), |resumed| resumed.cursor);
        Ok(Self {
            subscription: Subscription::begin(
                Arc::clone(&state.subscriptions),
                images,
                filter,
                since,
            )?,
            state,
            resumed,
            unknown: Vec::new(),
            is_opened: false,
            out: [event::OPENING].into(),
            step: MAX_READ_TOGETHER,
            is_over: false,
            alive_at: Instant::now() + MAX_SILENCE,
            _permit: permit,
        })
    }

    /// The stream's text, piece by piece, as fast as the client takes it.
    pub(super) fn into_body(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        stream::unfold(self, |mut stream| async move { Some((Ok(stream.next().await?), stream)) })
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.out.pop_front() {
                self.alive_at = Instant::now() + MAX_SILENCE;
                return Some(bytes);
            }
            if self.is_over {
                return None;
            }
            tokio::select! {
                biased;
                () = self.state.closing.cancelled() => return None,
                () = sleep_until(self.alive_at) => self.say_alive(),
                due = self.subscription.due(self.step) => self.tell(due).await,
            }
        }
    }

    async fn tell(&mut self, due: Vec<PendingImage>) {
        let changes = self.subscription.read(due).await;
        let (mut text, mut bytes) = (Vec::new(), 0);
        for (pending, change) in changes {
            match change {
                ImageChange::Nothing => {}
                ImageChange::Unknown => self.unknown.push(pending.image),
                ImageChange::First(snapshot) if self.was_told(&snapshot) => {}
                ImageChange::First(snapshot) | ImageChange::Changed(snapshot) => {
                    bytes += snapshot.json.len();
                    self.append(&mut text, pending.since, &snapshot);
                }
            }
        }
        self.step = if bytes > PIECE_BYTES { 1 } else { MAX_READ_TOGETHER };
        self.flush(&mut text);
        if self.subscription.has_seen_all() && !self.is_opened {
            self.open();
        }
        if self.subscription.is_over() {
            self.out.push_back(event::DONE);
            self.is_over = true;
        }
    }

    /// Whether the client saw this image before it came back. An image that may still change is
    /// sent again.
    fn was_told(&self, snapshot: &ImageSnapshot) -> bool {
        snapshot.is_final
            && self.resumed.is_some_and(|resumed| resumed.was_told(snapshot.changed_at))
    }

    /// Ends the part in which every image is sent as it is.
    fn open(&mut self) {
        self.is_opened = true;
        if !self.unknown.is_empty() {
            self.out.push_back(event::unknown(&std::mem::take(&mut self.unknown)));
        }
        if self.resumed.is_none_or(|resumed| resumed.cursor < self.subscription.begun) {
            self.out.push_back(event::cursor(self.subscription.begun).into());
        }
    }

    fn append(&mut self, text: &mut Vec<u8>, since: UnixMillis, snapshot: &ImageSnapshot) {
        if snapshot.json.len() <= PIECE_BYTES {
            event::append_image(text, Some(since), &snapshot.json);
            return;
        }
        // Not copied: others may be sending the same.
        self.flush(text);
        self.out.push_back(event::begin_image(Some(since)).into());
        let ends = (0..snapshot.json.len()).step_by(PIECE_BYTES);
        let pieces =
            ends.map(|at| snapshot.json.slice(at..snapshot.json.len().min(at + PIECE_BYTES)));
        self.out.extend(pieces);
        self.out.push_back(event::END);
    }

    fn flush(&mut self, text: &mut Vec<u8>) {
        if !text.is_empty() {
            self.out.push_back(std::mem::take(text).into());
        }
    }

    fn say_alive(&mut self) {
        self.out.push_back(event::ALIVE.into());
        // What is hinted at from now on becomes pending after this moment.
        let heard = self.state.subscriptions.heard();
        if self.is_opened && self.subscription.is_idle() {
            self.out.push_back(event::cursor(heard).into());
        }
    }
}

/// A stream about all images, up to the client's or the process's end.
pub(super) struct LiveStream {
    state: Arc<AppState>,
    texts: Receiver<Bytes>,
    is_begun: bool,
    alive_at: Instant,
    _permit: StreamPermit,
}

impl LiveStream {
    pub(super) fn new(state: Arc<AppState>) -> Result<Self, SubscriptionError> {
        let permit = state.subscriptions.permits.take()?;
        let texts = state.subscriptions.follow_all();
        let alive_at = Instant::now() + MAX_SILENCE;
        Ok(Self { state, texts, is_begun: false, alive_at, _permit: permit })
    }

    /// The stream's text, piece by piece.
    pub(super) fn into_body(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        stream::unfold(self, |mut stream| async move { Some((Ok(stream.next().await?), stream)) })
    }

    async fn next(&mut self) -> Option<Bytes> {
        if !std::mem::replace(&mut self.is_begun, true) {
            return Some(event::OPENING);
        }
        let text = loop {
            tokio::select! {
                () = self.state.closing.cancelled() => return None,
                () = sleep_until(self.alive_at) => break event::ALIVE.into(),
                text = self.texts.recv() => match text {
                    Ok(text) => break text,
                    // A client that is too slow for what happens misses some of it.
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return None,
                },
            }
        };
        self.alive_at = Instant::now() + MAX_SILENCE;
        Some(text)
    }
}
