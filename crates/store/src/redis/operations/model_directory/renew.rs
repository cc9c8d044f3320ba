//! Renewing announcements.

use photo_core::job::Announcement;
use photo_core::ports::StoreError;

use crate::redis::RedisJobStore;
use crate::redis::codec::duration::millis;

/// Notes that remembered endpoints are alive.
pub(crate) async fn renew(
    store: &RedisJobStore,
    endpoints: &[Announcement],
) -> Result<(), StoreError> {
    // A script takes some thousand arguments.
    for some in endpoints.chunks(500) {
        let mut call = store.call(&store.scripts.renew);
        for Announcement { model, url, lifetime, .. } in some {
            call.arg(model.as_str()).arg(url).arg(millis(*lifetime));
        }
        store.beat.run::<()>(&call).await?;
    }
    Ok(())
}
