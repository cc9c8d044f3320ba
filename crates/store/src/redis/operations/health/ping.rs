//! Whether the server answers.

use futures_util::future::try_join;
use photo_core::ports::StoreError;

use crate::redis::RedisJobStore;

/// Returns once the server has answered on both connections that all share: either may still be
/// away when the other is back.
pub(crate) async fn ping(store: &RedisJobStore) -> Result<(), StoreError> {
    let ping = store.call(&store.scripts.ping);
    try_join(store.work.run(&ping), store.beat.run(&ping)).await.map(|((), ())| ())
}
