//! Somebody's interest in some images, and what is known of them.

use std::sync::Arc;

use photo_core::{ImageKey, UnixMillis};

use super::pending::{Inbox, Look};
use super::reads::{Seen, Sight};
use super::registry::WatchId;
use crate::app::AppState;
use crate::app::job_views::model_filter::ModelFilter;
use crate::http::error::ApiError;

/// The images that somebody watches; it ends when dropped.
pub(crate) struct Watch {
    state: Arc<AppState>,
    id: WatchId,
    inbox: Arc<Inbox>,
    /// The jobs that count.
    filter: ModelFilter,
    /// In order.
    images: Vec<Watched>,
    /// How many of them may still change by themselves.
    unfinished: usize,
    /// How many of them were not looked at yet.
    unseen: usize,
    /// All that changed up to this moment is seen at the first look.
    pub(crate) begun: UnixMillis,
}

/// What is known of one watched image.
#[derive(Debug, Clone, Copy)]
struct Watched {
    image: ImageKey,
    /// Of what it looked like last; nothing as long as no job of it is known.
    fingerprint: Option<u64>,
    is_seen: bool,
    is_final: bool,
}

/// How an image looks now.
#[derive(Debug)]
pub(crate) enum News {
    /// As before.
    Nothing,
    /// No job of it is known; told once.
    Unknown,
    /// Like this, at the first look.
    First(Arc<Sight>),
    /// Like this, other than before.
    Changed(Arc<Sight>),
}

impl Watch {
    /// Watches the jobs of these images that are meant. All are to be looked at; what changed before `since` was seen before.
    pub(crate) fn begin(
        state: Arc<AppState>,
        mut images: Vec<ImageKey>,
        filter: ModelFilter,
        since: UnixMillis,
    ) -> Result<Self, ApiError> {
        images.sort_unstable();
        images.dedup();
        let (id, inbox, begun) = {
            let mut watches = state.hub.watches();
            let (id, inbox) = watches.begin(&images, since)?;
            (id, inbox, watches.heard)
        };
        let new = |image| Watched { image, fingerprint: None, is_seen: false, is_final: false };
        let images: Vec<Watched> = images.into_iter().map(new).collect();
        let (unfinished, unseen) = (images.len(), images.len());
        Ok(Self { state, id, inbox, filter, images, unfinished, unseen, begun })
    }

    /// Up to so many images that may have changed, as soon as there are any.
    pub(crate) async fn due(&self, most: usize) -> Vec<Look> {
        self.inbox.take(most).await
    }

    /// Looks at images; answers what is new of each that could be read. The others are due again.
    pub(crate) async fn look(&mut self, looks: Vec<Look>) -> Vec<(Look, News)> {
        let images: Vec<ImageKey> = looks.iter().map(|look| look.image).collect();
        let seen = self.state.hub.reads.read(&images, &self.filter).await;
        let (mut news, mut unreadable) = (Vec::with_capacity(looks.len()), Vec::new());
        for (look, seen) in looks.into_iter().zip(seen) {
            match seen {
                Some(seen) => news.push((look, self.note(look.image, seen))),
                None => unreadable.push(look),
            }
        }
        self.inbox.put_back(unreadable);
        news
    }

    /// Whether every image was looked at.
    pub(crate) fn has_seen_all(&self) -> bool {
        self.unseen == 0
    }

    /// Whether nothing is due now.
    pub(crate) fn is_idle(&self) -> bool {
        self.inbox.is_empty()
    }

    /// Whether no image changes any more by itself.
    pub(crate) fn is_over(&self) -> bool {
        self.unfinished == 0 && self.is_idle()
    }

    fn note(&mut self, image: ImageKey, seen: Seen) -> News {
        let Ok(at) = self.images.binary_search_by_key(&image, |watched| watched.image) else {
            return News::Nothing;
        };
        let before = self.images[at];
        self.images[at].is_seen = true;
        self.unseen -= usize::from(!before.is_seen);
        let Some(sight) = seen else {
            return if before.is_seen { News::Nothing } else { News::Unknown };
        };
        if before.fingerprint == Some(sight.fingerprint) {
            return News::Nothing;
        }
        self.images[at].fingerprint = Some(sight.fingerprint);
        if before.is_final != sight.is_final {
            self.images[at].is_final = sight.is_final;
            self.unfinished -= usize::from(sight.is_final);
            self.unfinished += usize::from(!sight.is_final);
            self.state.hub.watches().settle(self.id, image, sight.is_final);
        }
        if before.is_seen { News::Changed(sight) } else { News::First(sight) }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let images = self.images.iter().map(|watched| watched.image);
        self.state.hub.watches().end(self.id, images);
    }
}
