//! Which subscription is to which images.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use photo_core::{ImageKey, UnixMillis};

use super::pending::{PendingImage, PendingSet};
use super::subscription_error::SubscriptionError;

/// The most images that are watched at the same time, counted once for each subscription. They take
/// some hundred bytes each.
const MAX_WATCHED: usize = 500_000;

/// Into how many parts the images are divided, by their first bits, to be read in turn.
pub(super) const PARTS: u8 = 16;

/// The number of a subscription.
pub(super) type SubscriptionId = u64;

/// All subscriptions and their images.
#[derive(Debug)]
pub(super) struct SubscriptionRegistry {
    pending: HashMap<SubscriptionId, Arc<PendingSet>>,
    /// The watched images that may change by themselves.
    unfinished: BTreeSet<(ImageKey, SubscriptionId)>,
    /// The watched images that change only if more is asked of them.
    finished: BTreeSet<(ImageKey, SubscriptionId)>,
    last_id: SubscriptionId,
    /// All hints up to this moment were passed on.
    pub(super) heard: UnixMillis,
}

impl Default for SubscriptionRegistry {
    fn default() -> Self {
        Self {
            pending: HashMap::new(),
            unfinished: BTreeSet::new(),
            finished: BTreeSet::new(),
            last_id: 0,
            heard: UnixMillis(0),
        }
    }
}

impl SubscriptionRegistry {
    /// Begins a subscription to these images, all of which are pending.
    pub(super) fn begin(
        &mut self,
        images: &[ImageKey],
        since: UnixMillis,
    ) -> Result<(SubscriptionId, Arc<PendingSet>), SubscriptionError> {
        if self.unfinished.len() + self.finished.len() + images.len() > MAX_WATCHED {
            return Err(SubscriptionError::TooManyWatched { limit: MAX_WATCHED });
        }
        let set = Arc::new(PendingSet::default());
        for image in images {
            set.put(PendingImage { image: *image, since });
        }
        self.last_id += 1;
        self.pending.insert(self.last_id, Arc::clone(&set));
        self.unfinished.extend(images.iter().map(|image| (*image, self.last_id)));
        Ok((self.last_id, set))
    }

    /// Ends a subscription to these images.
    pub(super) fn end(&mut self, id: SubscriptionId, images: impl Iterator<Item = ImageKey>) {
        self.pending.remove(&id);
        for image in images {
            if !self.unfinished.remove(&(image, id)) {
                self.finished.remove(&(image, id));
            }
        }
    }

    /// Notes whether an image of a subscription may change by itself.
    pub(super) fn settle(&mut self, id: SubscriptionId, image: ImageKey, is_final: bool) {
        let Self { unfinished, finished, .. } = self;
        let (from, to) = if is_final { (unfinished, finished) } else { (finished, unfinished) };
        from.remove(&(image, id));
        to.insert((image, id));
    }

    /// Makes these images pending in all subscriptions to them.
    pub(super) fn hint(&mut self, at: UnixMillis, images: &[ImageKey]) {
        for image in images {
            let all = (*image, SubscriptionId::MIN)..=(*image, SubscriptionId::MAX);
            let watching = self.unfinished.range(all.clone()).chain(self.finished.range(all));
            for (image, id) in watching {
                self.put(*id, PendingImage { image: *image, since: at });
            }
        }
        self.heard = at;
    }

    /// Makes all images pending. Whatever was missed changed after the last hint.
    pub(super) fn hint_at_all(&self) {
        for (image, id) in self.unfinished.iter().chain(&self.finished) {
            self.put(*id, PendingImage { image: *image, since: self.heard });
        }
    }

    /// Makes a part of the unfinished images pending; returns how many there are in all.
    pub(super) fn hint_at_part(&self, part: u8) -> usize {
        let first = |part: u8| {
            let mut bytes = [0; 16];
            bytes[0] = part * (u8::MAX / PARTS + 1);
            (ImageKey::from_bytes(bytes), SubscriptionId::MIN)
        };
        let watched = if part + 1 < PARTS {
            self.unfinished.range(first(part)..first(part + 1))
        } else {
            self.unfinished.range(first(part)..)
        };
        for (image, id) in watched {
            self.put(*id, PendingImage { image: *image, since: self.heard });
        }
        self.unfinished.len()
    }

    fn put(&self, id: SubscriptionId, image: PendingImage) {
        if let Some(set) = self.pending.get(&id) {
            set.put(image);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(first: u8) -> ImageKey {
        ImageKey::from_bytes([first; 16])
    }

    /// A subscription to these images, each of which was read once.
    async fn subscribe(
        registry: &mut SubscriptionRegistry,
        images: &[u8],
    ) -> (SubscriptionId, Arc<PendingSet>) {
        let images: Vec<ImageKey> = images.iter().map(|first| image(*first)).collect();
        let (id, set) = registry.begin(&images, UnixMillis(0)).unwrap();
        assert_eq!(set.take(images.len() + 1).await.len(), images.len());
        (id, set)
    }

    async fn due(set: &PendingSet) -> Vec<(u8, u64)> {
        if set.is_empty() {
            return Vec::new();
        }
        let images = set.take(usize::MAX).await;
        images.iter().map(|it| (it.image.as_bytes()[0], it.since.0)).collect()
    }

    #[tokio::test]
    async fn a_hint_reaches_whoever_watches_the_image_and_nobody_else() {
        let mut registry = SubscriptionRegistry::default();
        let (one, first) = subscribe(&mut registry, &[1, 2]).await;
        let (_, second) = subscribe(&mut registry, &[2, 3]).await;
        registry.settle(one, image(2), true);
        registry.hint(UnixMillis(7), &[image(2), image(9), image(3)]);
        assert_eq!(due(&first).await, [(2, 7)]);
        assert_eq!(due(&second).await, [(2, 7), (3, 7)]);
        registry.end(one, [1, 2].map(image).into_iter());
        registry.hint(UnixMillis(8), &[image(2)]);
        assert_eq!(due(&first).await, []);
        assert_eq!(due(&second).await, [(2, 8)]);
        assert_eq!(registry.unfinished.len() + registry.finished.len(), 2);
    }

    #[tokio::test]
    async fn what_was_missed_changed_after_the_last_hint() {
        let mut registry = SubscriptionRegistry::default();
        let (one, set) = subscribe(&mut registry, &[1, 2]).await;
        registry.settle(one, image(1), true);
        registry.hint(UnixMillis(7), &[image(9)]);
        registry.hint_at_all();
        assert_eq!(due(&set).await, [(2, 7), (1, 7)]);
    }

    #[tokio::test]
    async fn in_a_round_every_unfinished_image_is_looked_at_once() {
        let mut registry = SubscriptionRegistry::default();
        let images: Vec<u8> = (0..=255).collect();
        let (one, set) = subscribe(&mut registry, &images).await;
        registry.settle(one, image(5), true);
        let mut looked_at = Vec::new();
        for part in 0..PARTS {
            assert_eq!(registry.hint_at_part(part), 255);
            let due = due(&set).await;
            assert!(due.len() <= 16);
            looked_at.extend(due.into_iter().map(|(first, _)| first));
        }
        let expected: Vec<u8> = images.into_iter().filter(|first| *first != 5).collect();
        assert_eq!(looked_at, expected);
    }

    #[test]
    fn no_more_images_are_watched_than_may_be() {
        let mut registry = SubscriptionRegistry::default();
        let many: Vec<ImageKey> = (0..250_001_u32)
            .map(|number| {
                let mut bytes = [0; 16];
                bytes[..4].copy_from_slice(&number.to_be_bytes());
                ImageKey::from_bytes(bytes)
            })
            .collect();
        let (id, _inbox) = registry.begin(&many, UnixMillis(0)).unwrap();
        assert!(matches!(
            registry.begin(&many, UnixMillis(0)),
            Err(SubscriptionError::TooManyWatched { limit: MAX_WATCHED })
        ));
        registry.end(id, many.iter().copied());
        registry.begin(&many, UnixMillis(0)).unwrap();
    }
}
