//! A client's interest in some images, and what is known of them.

use std::sync::Arc;

use photo_core::{ImageKey, UnixMillis};

use super::Subscriptions;
use super::pending::{PendingImage, PendingSet};
use super::registry::SubscriptionId;
use super::shared_reads::{ImageSnapshot, SharedSnapshot};
use super::subscription_error::SubscriptionError;
use crate::app::job_views::ModelFilter;

/// The images that a client waits for; the subscription ends when this is dropped.
pub(crate) struct Subscription {
    subscriptions: Arc<Subscriptions>,
    id: SubscriptionId,
    pending: Arc<PendingSet>,
    /// The jobs that count.
    filter: ModelFilter,
    /// In order.
    images: Vec<SubscribedImage>,
    /// How many of them may still change by themselves.
    unfinished: usize,
    /// How many of them were not read yet.
    unseen: usize,
    /// All that changed up to this moment is seen when an image is first read.
    pub(crate) begun: UnixMillis,
}

/// What is known of one watched image.
#[derive(Debug, Clone, Copy)]
struct SubscribedImage {
    image: ImageKey,
    /// That of its last snapshot; `None` as long as no job of it is known.
    fingerprint: Option<u64>,
    is_seen: bool,
    is_final: bool,
}

/// How an image is now, compared with how it was.
#[derive(Debug)]
pub(crate) enum ImageChange {
    /// As before.
    Nothing,
    /// No job of it is known; told once.
    Unknown,
    /// Like this, when first read.
    First(Arc<ImageSnapshot>),
    /// Like this, other than before.
    Changed(Arc<ImageSnapshot>),
}

impl Subscription {
    /// Begins a subscription to those jobs of these images that pass `filter`. All images are due;
    /// what changed before `since` was seen before.
    pub(crate) fn begin(
        subscriptions: Arc<Subscriptions>,
        mut images: Vec<ImageKey>,
        filter: ModelFilter,
        since: UnixMillis,
    ) -> Result<Self, SubscriptionError> {
        images.sort_unstable();
        images.dedup();
        let (id, pending, begun) = {
            let mut registry = subscriptions.registry();
            let (id, pending) = registry.begin(&images, since)?;
            (id, pending, registry.heard)
        };
        let new =
            |image| SubscribedImage { image, fingerprint: None, is_seen: false, is_final: false };
        let images: Vec<SubscribedImage> = images.into_iter().map(new).collect();
        let (unfinished, unseen) = (images.len(), images.len());
        Ok(Self { subscriptions, id, pending, filter, images, unfinished, unseen, begun })
    }

    /// Returns up to so many images that may have changed, as soon as there are any.
    pub(crate) async fn due(&self, most: usize) -> Vec<PendingImage> {
        self.pending.take(most).await
    }

    /// Reads images; returns what is new of each that could be read. The others are due again.
    pub(crate) async fn read(
        &mut self,
        due: Vec<PendingImage>,
    ) -> Vec<(PendingImage, ImageChange)> {
        let images: Vec<ImageKey> = due.iter().map(|pending| pending.image).collect();
        let seen = self.subscriptions.reads.read(&images, &self.filter).await;
        let (mut changes, mut unreadable) = (Vec::with_capacity(due.len()), Vec::new());
        for (pending, seen) in due.into_iter().zip(seen) {
            match seen {
                Some(seen) => changes.push((pending, self.note(pending.image, seen))),
                None => unreadable.push(pending),
            }
        }
        self.pending.put_back(unreadable);
        changes
    }

    /// Whether every image was read.
    pub(crate) fn has_seen_all(&self) -> bool {
        self.unseen == 0
    }

    /// Whether nothing is due now.
    pub(crate) fn is_idle(&self) -> bool {
        self.pending.is_empty()
    }

    /// Whether no image changes any more by itself.
    pub(crate) fn is_over(&self) -> bool {
        self.unfinished == 0 && self.is_idle()
    }

    fn note(&mut self, image: ImageKey, seen: SharedSnapshot) -> ImageChange {
        let Ok(at) = self.images.binary_search_by_key(&image, |watched| watched.image) else {
            return ImageChange::Nothing;
        };
        let before = self.images[at];
        self.images[at].is_seen = true;
        self.unseen -= usize::from(!before.is_seen);
        let Some(snapshot) = seen else {
            return if before.is_seen { ImageChange::Nothing } else { ImageChange::Unknown };
        };
        if before.fingerprint == Some(snapshot.fingerprint) {
            return ImageChange::Nothing;
        }
        self.images[at].fingerprint = Some(snapshot.fingerprint);
        if before.is_final != snapshot.is_final {
            self.images[at].is_final = snapshot.is_final;
            self.unfinished -= usize::from(snapshot.is_final);
            self.unfinished += usize::from(!snapshot.is_final);
            self.subscriptions.registry().settle(self.id, image, snapshot.is_final);
        }
        if before.is_seen { ImageChange::Changed(snapshot) } else { ImageChange::First(snapshot) }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let images = self.images.iter().map(|watched| watched.image);
        self.subscriptions.registry().end(self.id, images);
    }
}
