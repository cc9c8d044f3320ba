//! Which watch is of which images.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use photo_core::{ImageKey, UnixMillis};

use super::pending::{Inbox, Look};
use crate::http::error::ApiError;

/// The most images that are watched at the same time, each once for everybody who watches it. They
/// take some hundred bytes each.
const MOST_WATCHED: usize = 500_000;

/// Into how many parts the images are divided, by their first bits, to be looked at in turn.
pub(super) const PARTS: u8 = 16;

/// A watch by number.
pub(super) type WatchId = u64;

/// All watches and their images.
#[derive(Debug)]
pub(super) struct Watches {
    inboxes: HashMap<WatchId, Arc<Inbox>>,
    /// The watched images that may change by themselves.
    unfinished: BTreeSet<(ImageKey, WatchId)>,
    /// The watched images that change only if somebody asks for more.
    finished: BTreeSet<(ImageKey, WatchId)>,
    last_id: WatchId,
    /// All hints up to this moment were passed on.
    pub(super) heard: UnixMillis,
}

impl Default for Watches {
    fn default() -> Self {
        Self {
            inboxes: HashMap::new(),
            unfinished: BTreeSet::new(),
            finished: BTreeSet::new(),
            last_id: 0,
            heard: UnixMillis(0),
        }
    }
}

impl Watches {
    /// A new watch of these images, each of which is to be looked at.
    pub(super) fn begin(
        &mut self,
        images: &[ImageKey],
        since: UnixMillis,
    ) -> Result<(WatchId, Arc<Inbox>), ApiError> {
        if self.unfinished.len() + self.finished.len() + images.len() > MOST_WATCHED {
            return Err(ApiError::TooManyWatched { limit: MOST_WATCHED });
        }
        let inbox = Arc::new(Inbox::default());
        for image in images {
            inbox.put(Look { image: *image, since });
        }
        self.last_id += 1;
        self.inboxes.insert(self.last_id, Arc::clone(&inbox));
        self.unfinished.extend(images.iter().map(|image| (*image, self.last_id)));
        Ok((self.last_id, inbox))
    }

    /// Ends a watch of these images.
    pub(super) fn end(&mut self, id: WatchId, images: impl Iterator<Item = ImageKey>) {
        self.inboxes.remove(&id);
        for image in images {
            if !self.unfinished.remove(&(image, id)) {
                self.finished.remove(&(image, id));
            }
        }
    }

    /// Notes whether an image of a watch may change by itself.
    pub(super) fn settle(&mut self, id: WatchId, image: ImageKey, is_final: bool) {
        let Self { unfinished, finished, .. } = self;
        let (from, to) = if is_final { (unfinished, finished) } else { (finished, unfinished) };
        from.remove(&(image, id));
        to.insert((image, id));
    }

    /// Has everybody look at these images who watches them.
    pub(super) fn hint(&mut self, at: UnixMillis, images: &[ImageKey]) {
        for image in images {
            let all = (*image, WatchId::MIN)..=(*image, WatchId::MAX);
            let watching = self.unfinished.range(all.clone()).chain(self.finished.range(all));
            for (image, id) in watching {
                self.put(*id, Look { image: *image, since: at });
            }
        }
        self.heard = at;
    }

    /// Has everybody look at everything. Whatever was missed changed after the last hint.
    pub(super) fn hint_at_all(&self) {
        for (image, id) in self.unfinished.iter().chain(&self.finished) {
            self.put(*id, Look { image: *image, since: self.heard });
        }
    }

    /// Has everybody look at a part of the unfinished images; answers how many there are in all.
    pub(super) fn hint_at_part(&self, part: u8) -> usize {
        let first = |part: u8| {
            let mut bytes = [0; 16];
            bytes[0] = part * (u8::MAX / PARTS + 1);
            (ImageKey::from_bytes(bytes), WatchId::MIN)
        };
        let watched = if part + 1 < PARTS {
            self.unfinished.range(first(part)..first(part + 1))
        } else {
            self.unfinished.range(first(part)..)
        };
        for (image, id) in watched {
            self.put(*id, Look { image: *image, since: self.heard });
        }
        self.unfinished.len()
    }

    fn put(&self, id: WatchId, look: Look) {
        if let Some(inbox) = self.inboxes.get(&id) {
            inbox.put(look);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(first: u8) -> ImageKey {
        ImageKey::from_bytes([first; 16])
    }

    /// A watch of these images, each looked at once.
    async fn watch(watches: &mut Watches, images: &[u8]) -> (WatchId, Arc<Inbox>) {
        let images: Vec<ImageKey> = images.iter().map(|first| image(*first)).collect();
        let (id, inbox) = watches.begin(&images, UnixMillis(0)).unwrap();
        assert_eq!(inbox.take(images.len() + 1).await.len(), images.len());
        (id, inbox)
    }

    async fn due(inbox: &Inbox) -> Vec<(u8, u64)> {
        if inbox.is_empty() {
            return Vec::new();
        }
        let looks = inbox.take(usize::MAX).await;
        looks.iter().map(|look| (look.image.as_bytes()[0], look.since.0)).collect()
    }

    #[tokio::test]
    async fn a_hint_reaches_whoever_watches_the_image_and_nobody_else() {
        let mut watches = Watches::default();
        let (one, first) = watch(&mut watches, &[1, 2]).await;
        let (_, second) = watch(&mut watches, &[2, 3]).await;
        watches.settle(one, image(2), true);
        watches.hint(UnixMillis(7), &[image(2), image(9), image(3)]);
        assert_eq!(due(&first).await, [(2, 7)]);
        assert_eq!(due(&second).await, [(2, 7), (3, 7)]);
        watches.end(one, [1, 2].map(image).into_iter());
        watches.hint(UnixMillis(8), &[image(2)]);
        assert_eq!(due(&first).await, []);
        assert_eq!(due(&second).await, [(2, 8)]);
        assert_eq!(watches.unfinished.len() + watches.finished.len(), 2);
    }

    #[tokio::test]
    async fn what_was_missed_changed_after_the_last_hint() {
        let mut watches = Watches::default();
        let (one, inbox) = watch(&mut watches, &[1, 2]).await;
        watches.settle(one, image(1), true);
        watches.hint(UnixMillis(7), &[image(9)]);
        watches.hint_at_all();
        assert_eq!(due(&inbox).await, [(2, 7), (1, 7)]);
    }

    #[tokio::test]
    async fn in_a_round_every_unfinished_image_is_looked_at_once() {
        let mut watches = Watches::default();
        let images: Vec<u8> = (0..=255).collect();
        let (one, inbox) = watch(&mut watches, &images).await;
        watches.settle(one, image(5), true);
        let mut looked_at = Vec::new();
        for part in 0..PARTS {
            assert_eq!(watches.hint_at_part(part), 255);
            let due = due(&inbox).await;
            assert!(due.len() <= 16);
            looked_at.extend(due.into_iter().map(|(first, _)| first));
        }
        let expected: Vec<u8> = images.into_iter().filter(|first| *first != 5).collect();
        assert_eq!(looked_at, expected);
    }

    #[test]
    fn no_more_images_are_watched_than_may_be() {
        let mut watches = Watches::default();
        let many: Vec<ImageKey> = (0..250_001_u32)
            .map(|number| {
                let mut bytes = [0; 16];
                bytes[..4].copy_from_slice(&number.to_be_bytes());
                ImageKey::from_bytes(bytes)
            })
            .collect();
        let (id, _inbox) = watches.begin(&many, UnixMillis(0)).unwrap();
        assert!(matches!(
            watches.begin(&many, UnixMillis(0)),
            Err(ApiError::TooManyWatched { limit: MOST_WATCHED })
        ));
        watches.end(id, many.iter().copied());
        watches.begin(&many, UnixMillis(0)).unwrap();
    }
}
