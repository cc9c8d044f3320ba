//! What happens to any image, for clients that follow all images.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::web::Bytes;
use photo_core::ImageKey;
use tokio::sync::{Notify, broadcast};
use tokio::time::{Instant, sleep};

use super::event;
use super::shared_reads::SharedReads;
use crate::app::job_views::ModelFilter;

/// The most images that are told of in one second; of further images only the number is told.
const MAX_IMAGES_PER_SECOND: usize = 20;

/// The pause between two texts: changes within it are told together.
const TEXT_INTERVAL: Duration = Duration::from_millis(100);

/// The most images whose changes are kept until they are told; further images are only counted.
const MAX_KEPT: usize = 1_000;

/// About how many bytes one text may have. Images for which there is no room are only counted.
const MAX_TEXT_BYTES: usize = 256 << 10;

/// How many texts may lie unread; a client that is slower misses some.
const MAX_UNREAD_TEXTS: usize = 8;

/// The images that changed lately, and the clients that follow all images.
#[derive(Debug)]
pub(super) struct Feed {
    texts: broadcast::Sender<Bytes>,
    changed: Mutex<ChangedImages>,
    news: Notify,
}

#[derive(Debug, Default)]
struct ChangedImages {
    queue: VecDeque<ImageKey>,
    images: HashSet<ImageKey>,
    /// How many more there were.
    others: usize,
}

impl Default for Feed {
    fn default() -> Self {
        let (texts, changed, news) =
            (broadcast::Sender::new(MAX_UNREAD_TEXTS), Mutex::default(), Notify::new());
        Self { texts, changed, news }
    }
}

impl Feed {
    /// Returns all texts from now on.
    pub(super) fn follow(&self) -> broadcast::Receiver<Bytes> {
        self.texts.subscribe()
    }

    /// Notes that these images changed, if any client follows all images.
    pub(super) fn hint(&self, images: &[ImageKey]) {
        if self.texts.receiver_count() == 0 {
            return;
        }
        let mut changed = self.changed();
        for image in images {
            if changed.images.len() == MAX_KEPT {
                changed.others += usize::from(!changed.images.contains(image));
            } else if changed.images.insert(*image) {
                changed.queue.push_back(*image);
            }
        }
        drop(changed);
        self.news.notify_one();
    }

    /// Tells what changes; never ends.
    pub(super) async fn run(&self, reads: &SharedReads) {
        loop {
            self.news.notified().await;
            let second = Instant::now() + Duration::from_secs(1);
            let mut room = MAX_IMAGES_PER_SECOND;
            let mut others = 0;
            while Instant::now() < second {
                let images = self.take(room);
                room -= images.len();
                others += self.tell(reads, &images).await;
                sleep(TEXT_INTERVAL).await;
            }
            others += self.clear();
            if others > 0 {
                // Fails if all clients have gone.
                let _ = self.texts.send(event::more(others));
            }
        }
    }

    /// Tells of images; returns how many could not be told of.
    async fn tell(&self, reads: &SharedReads, images: &[ImageKey]) -> usize {
        let (mut text, mut others) = (Vec::new(), 0);
        for answer in reads.read(images, &ModelFilter::default()).await {
            match answer {
                Some(Some(snapshot))
                    if text.is_empty() || text.len() + snapshot.json.len() < MAX_TEXT_BYTES =>
                {
                    event::append_image(&mut text, None, &snapshot.json);
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
        let most = most.min(changed.queue.len());
        let images: Vec<ImageKey> = changed.queue.drain(..most).collect();
        for image in &images {
            changed.images.remove(image);
        }
        images
    }

    /// Drops what was not told; returns how many images that were.
    fn clear(&self) -> usize {
        let changed = std::mem::take(&mut *self.changed());
        changed.queue.len() + changed.others
    }

    fn changed(&self) -> MutexGuard<'_, ChangedImages> {
        // Nothing that can panic happens under the lock.
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
