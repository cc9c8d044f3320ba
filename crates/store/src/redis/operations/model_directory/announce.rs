//! Announcing an endpoint.

use photo_core::job::Announcement;
use photo_core::ports::StoreError;

use crate::redis::RedisJobStore;
use crate::redis::codec::duration::millis;

/// Notes an endpoint. Returns whether it was unknown or gone.
pub(crate) async fn announce(
    store: &RedisJobStore,
    announcement: &Announcement,
) -> Result<bool, StoreError> {
    let mut call = store.call(&store.scripts.announce);
    call.arg(announcement.model.as_str()).arg(&announcement.url);
    call.arg(millis(announcement.lifetime));
    call.arg(announcement.from.map(|from| from.to_string()).unwrap_or_default());
    call.arg(millis(Announcement::REMEMBERED)).arg(Announcement::MOST_REMEMBERED);
    store.beat.run(&call).await
}
