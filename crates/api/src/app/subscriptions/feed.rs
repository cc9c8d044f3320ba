//! What happens to any image, for whoever looks on.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::web::Bytes;
use photo_core::ImageKey;
use tokio::sync::{Notify, broadcast};
use tokio::time::{Instant, sleep};

use super::reads::Reads;
use crate::app::job_views::model_filter::ModelFilter;
use crate::app::subscriptions::event;

/// The most images that are told in one second; of the others it is told how many they were.
const PER_SECOND: usize = 20;

/// The pause between two texts: what changes within it is told together.
const BEAT: Duration = Duration::from_millis(100);

/// The most images whose changes are kept until they are told; more are only counted.
const MOST_KEPT: usize = 1_000;

/// About how many bytes one text may have. Images for which there is no room are only counted.
const MOST_BYTES: usize = 256 << 10;

/// How many texts may lie unread; who is slower misses some.
const UNREAD: usize = 8;

/// The images that changed lately, and those who are told.
#[derive(Debug)]
pub(super) struct Feed {
    texts: broadcast::Sender<Bytes>,
    changed: Mutex<Changed>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Changed {
    line: VecDeque<ImageKey>,
    images: HashSet<ImageKey>,
    /// How many more there were.
    others: usize,
}

impl Default for Feed {
    fn default() -> Self {
        let (texts, changed, news) =
            (broadcast::Sender::new(UNREAD), Mutex::default(), Notify::new());
        Self { texts, changed, news }
    }
}

impl Feed {
    /// All texts from now on.
    pub(super) fn follow(&self) -> broadcast::Receiver<Bytes> {
        self.texts.subscribe()
    }

    /// Has these images told, if there is anybody to be told.
    pub(super) fn hint(&self, images: &[ImageKey]) {
        if self.texts.receiver_count() == 0 {
            return;
        }
        let mut changed = self.changed();
        for image in images {
            if changed.images.len() == MOST_KEPT {
                changed.others += usize::from(!changed.images.contains(image));
            } else if changed.images.insert(*image) {
                changed.line.push_back(*image);
            }
        }
        drop(changed);
        self.news.notify_one();
    }

    /// Tells what changes, for ever.
    pub(super) async fn run(&self, reads: &Reads) {
        loop {
            self.news.notified().await;
            let second = Instant::now() + Duration::from_secs(1);
            let mut room = PER_SECOND;
            let mut others = 0;
            while Instant::now() < second {
                let images = self.take(room);
                room -= images.len();
                others += self.tell(reads, &images).await;
                sleep(BEAT).await;
            }
            others += self.clear();
            if others > 0 {
                // Fails if everybody has gone.
                let _ = self.texts.send(event::more(others));
            }
        }
    }

    /// Tells of images; answers of how many it could not.
    async fn tell(&self, reads: &Reads, images: &[ImageKey]) -> usize {
        let (mut text, mut others) = (Vec::new(), 0);
        for seen in reads.read(images, &ModelFilter::default()).await {
            match seen {
                Some(Some(sight))
                    if text.is_empty() || text.len() + sight.json.len() < MOST_BYTES =>
                {
                    event::append_image(&mut text, None, &sight.json);
                }
                // Of what is not known any more there is nothing to tell.
                Some(None) => {}
                _ => others += 1,
            }
        }
        if !text.is_empty() {
            let _ = self.texts.send(text.into());
        }
        others
    }

    fn take(&self, most: usize) -> Vec<ImageKey> {
        let mut changed = self.changed();
        let most = most.min(changed.line.len());
        let images: Vec<ImageKey> = changed.line.drain(..most).collect();
        for image in &images {
            changed.images.remove(image);
        }
        images
    }

    /// Forgets what was not told; answers how many images that were.
    fn clear(&self) -> usize {
        let changed = std::mem::take(&mut *self.changed());
        changed.line.len() + changed.others
    }

    fn changed(&self) -> MutexGuard<'_, Changed> {
        // Nothing that can panic happens under the lock.
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
