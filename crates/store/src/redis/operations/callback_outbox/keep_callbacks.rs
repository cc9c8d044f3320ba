//! Keeping callbacks.

use photo_core::job::Callback;
use photo_core::ports::StoreError;

use crate::redis::RedisJobStore;

/// Keeps callbacks that are not kept yet.
pub(crate) async fn keep_callbacks(
    store: &RedisJobStore,
    callbacks: &[Callback],
) -> Result<(), StoreError> {
    if callbacks.is_empty() {
        return Ok(());
    }
    let mut call = store.call(&store.scripts.keep_callbacks);
    for callback in callbacks {
        let Callback { id, image, .. } = callback;
        call.arg(image.as_bytes()).arg(callback.target()).arg(id.as_bytes());
    }
    store.nearest().run(&call).await
}
