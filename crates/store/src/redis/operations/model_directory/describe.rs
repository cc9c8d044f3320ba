//! Keeping the classes of a model.

use photo_core::ModelName;
use photo_core::ports::StoreError;

use crate::redis::RedisJobStore;

/// Keeps the classes that a model tells apart.
pub(crate) async fn describe(
    store: &RedisJobStore,
    model: &ModelName,
    classes: &serde_json::Value,
) -> Result<(), StoreError> {
    let mut call = store.call(&store.scripts.describe);
    call.arg(model.as_str()).arg(classes.to_string());
    store.beat.run(&call).await
}
