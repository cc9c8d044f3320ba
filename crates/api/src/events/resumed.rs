//! Where a client's earlier stream ended.

use photo_core::UnixMillis;

use crate::app::AppState;
use crate::app::stores::StoreDeadline;

/// An image that changed up to so much before the cursor is told of again: the store's time may be
/// a little behind when another server takes over.
const CLOCK_SLACK_MS: u64 = 5_000;

/// What a client that comes back has seen before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resumed {
    /// All that changed before this moment of the store's time was told.
    pub(super) cursor: UnixMillis,
    /// The same by the clock that tells when images changed.
    told_until: UnixMillis,
}

impl Resumed {
    /// Where a client with this cursor goes on; `None` if it has none, if that is of another store,
    /// or if nobody knows: then it is told everything.
    pub(super) async fn at(state: &AppState, cursor: Option<UnixMillis>) -> Option<Self> {
        let cursor = cursor?;
        let clock = StoreDeadline::new().wait(state.stores.jobs.time()).await.ok()?;
        Some(Self { cursor, told_until: clock.clock_time_at(cursor)? })
    }

    /// Whether an image that changed at this time of the clock was told.
    pub(super) fn was_told(self, changed_at: UnixMillis) -> bool {
        changed_at.0.saturating_add(CLOCK_SLACK_MS) < self.told_until.0
    }
}
