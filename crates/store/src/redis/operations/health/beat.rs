//! The fingerprint of the store.

use photo_core::job::Beat;
use photo_core::ports::StoreError;

use crate::redis::RedisJobStore;

/// Counts one more beat. Returns by what this store is told from another.
pub(crate) async fn beat(store: &RedisJobStore) -> Result<Beat, StoreError> {
    let mut call = store.call(&store.scripts.beat);
    call.arg(store.server.layouts().newest);
    let (store, server, count) = store.beat.run(&call).await?;
    Ok(Beat { store, server, count })
}
