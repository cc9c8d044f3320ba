//! Which of a subscription's images are to be read again.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use photo_core::{ImageKey, UnixMillis};
use tokio::sync::Notify;

/// An image to be read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PendingImage {
    pub(crate) image: ImageKey,
    /// All changes before this moment, of this image and of those behind it in the set, were seen.
    pub(crate) since: UnixMillis,
}

/// The images to be read again, each once, in the order of their first hints: hints that come
/// faster than the images are read become one.
#[derive(Debug, Default)]
pub(crate) struct PendingSet {
    pending: Mutex<PendingQueue>,
    news: Notify,
}

#[derive(Debug, Default)]
struct PendingQueue {
    queue: VecDeque<PendingImage>,
    images: HashSet<ImageKey>,
}

impl PendingSet {
    /// Adds an image, unless it is pending already.
    pub(super) fn put(&self, image: PendingImage) {
        let mut pending = self.pending();
        if pending.images.insert(image.image) {
            pending.queue.push_back(image);
            drop(pending);
            self.news.notify_one();
        }
    }

    /// Puts images that could not be read back in front.
    pub(crate) fn put_back(&self, images: Vec<PendingImage>) {
        let mut pending = self.pending();
        for image in images.into_iter().rev() {
            if !pending.images.insert(image.image) {
                // Hinted at again meanwhile: it goes where it was.
                pending.queue.retain(|other| other.image != image.image);
            }
            pending.queue.push_front(image);
        }
    }

    /// Takes the first few images, as soon as there are any.
    pub(crate) async fn take(&self, most: usize) -> Vec<PendingImage> {
        loop {
            let images = self.take_now(most);
            if !images.is_empty() {
                return images;
            }
            self.news.notified().await;
        }
    }

    fn take_now(&self, most: usize) -> Vec<PendingImage> {
        let mut pending = self.pending();
        let most = most.min(pending.queue.len());
        let images: Vec<PendingImage> = pending.queue.drain(..most).collect();
        for image in &images {
            pending.images.remove(&image.image);
        }
        if pending.queue.is_empty() {
            // Ten thousand sets once held all their images, and most never will again: their memory
            // is given back.
            *pending = PendingQueue::default();
        }
        images
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pending().queue.is_empty()
    }

    fn pending(&self) -> MutexGuard<'_, PendingQueue> {
        // Nothing that can panic happens under the lock.
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(image: u8, since: u64) -> PendingImage {
        PendingImage { image: ImageKey::from_bytes([image; 16]), since: UnixMillis(since) }
    }

    fn set(images: &[PendingImage]) -> PendingSet {
        let set = PendingSet::default();
        for image in images {
            set.put(*image);
        }
        set
    }

    #[tokio::test]
    async fn an_image_hinted_at_twice_is_looked_at_once_from_the_first_hint_on() {
        let set = set(&[pending(1, 10), pending(2, 11), pending(1, 12)]);
        assert_eq!(set.take(9).await, [pending(1, 10), pending(2, 11)]);
        set.put(pending(1, 13));
        assert_eq!(set.take(9).await, [pending(1, 13)]);
        assert!(set.is_empty());
    }

    #[tokio::test]
    async fn what_could_not_be_looked_at_stays_in_front() {
        let set = set(&[pending(1, 10), pending(2, 11), pending(3, 12)]);
        let taken = set.take(2).await;
        set.put(pending(2, 13));
        set.put_back(taken);
        assert_eq!(set.take(9).await, [pending(1, 10), pending(2, 11), pending(3, 12)]);
    }
}
