//! Which of a watch's images are to be looked at again.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use photo_core::{ImageKey, UnixMillis};
use tokio::sync::Notify;

/// An image to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) image: ImageKey,
    /// Whatever changed before this moment, of this image or of those behind it in line, was seen
    /// before.
    pub(crate) since: UnixMillis,
}

/// The images to be looked at, those hinted at first in front, each once: hints that come faster
/// than somebody looks become one.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    line: Mutex<Line>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Line {
    looks: VecDeque<Look>,
    images: HashSet<ImageKey>,
}

impl Inbox {
    /// Has an image looked at.
    pub(super) fn put(&self, look: Look) {
        let mut line = self.line();
        if line.images.insert(look.image) {
            line.looks.push_back(look);
            drop(line);
            self.news.notify_one();
        }
    }

    /// Puts images back in front that could not be looked at.
    pub(crate) fn put_back(&self, looks: Vec<Look>) {
        let mut line = self.line();
        for look in looks.into_iter().rev() {
            if !line.images.insert(look.image) {
                // Hinted at again meanwhile: it goes where it was.
                line.looks.retain(|other| other.image != look.image);
            }
            line.looks.push_front(look);
        }
    }

    /// The first few images, as soon as there are any.
    pub(crate) async fn take(&self, most: usize) -> Vec<Look> {
        loop {
            let looks = self.take_now(most);
            if !looks.is_empty() {
                return looks;
            }
            self.news.notified().await;
        }
    }

    fn take_now(&self, most: usize) -> Vec<Look> {
        let mut line = self.line();
        let most = most.min(line.looks.len());
        let looks: Vec<Look> = line.looks.drain(..most).collect();
        for look in &looks {
            line.images.remove(&look.image);
        }
        if line.looks.is_empty() {
            // Ten thousand of them once had all their images in line, and most never have again.
            *line = Line::default();
        }
        looks
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.line().looks.is_empty()
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        // Nothing that can panic happens under the lock.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(image: u8, since: u64) -> Look {
        Look { image: ImageKey::from_bytes([image; 16]), since: UnixMillis(since) }
    }

    fn inbox(looks: &[Look]) -> Inbox {
        let inbox = Inbox::default();
        for look in looks {
            inbox.put(*look);
        }
        inbox
    }

    #[tokio::test]
    async fn an_image_hinted_at_twice_is_looked_at_once_from_the_first_hint_on() {
        let inbox = inbox(&[look(1, 10), look(2, 11), look(1, 12)]);
        assert_eq!(inbox.take(9).await, [look(1, 10), look(2, 11)]);
        inbox.put(look(1, 13));
        assert_eq!(inbox.take(9).await, [look(1, 13)]);
        assert!(inbox.is_empty());
    }

    #[tokio::test]
    async fn what_could_not_be_looked_at_stays_in_front() {
        let inbox = inbox(&[look(1, 10), look(2, 11), look(3, 12)]);
        let taken = inbox.take(2).await;
        inbox.put(look(2, 13));
        inbox.put_back(taken);
        assert_eq!(inbox.take(9).await, [look(1, 10), look(2, 11), look(3, 12)]);
    }
}
