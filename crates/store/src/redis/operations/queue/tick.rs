//! The maintenance of queues.

use photo_core::job::Tick;
use photo_core::ports::StoreError;

use crate::redis::RedisJobStore;

/// Does one round of maintenance.
pub(crate) async fn tick(store: &RedisJobStore) -> Result<Tick, StoreError> {
    let (expired, due, trimmed) = store.beat.run(&store.call(&store.scripts.tick)).await?;
    Ok(Tick { expired, due, trimmed })
}
