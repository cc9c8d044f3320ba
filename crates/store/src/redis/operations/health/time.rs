//! The store's time.

use std::time::Duration;

use photo_core::UnixMillis;
use photo_core::job::StoreClock;
use photo_core::ports::StoreError;

use crate::redis::RedisJobStore;

/// Reads the store's time.
pub(crate) async fn time(store: &RedisJobStore) -> Result<StoreClock, StoreError> {
    let (now, ahead) = store.nearest().run(&store.call(&store.scripts.time)).await?;
    Ok(StoreClock { now: UnixMillis(now), ahead: Duration::from_millis(ahead) })
}
