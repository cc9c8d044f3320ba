//! Holding a model.

use std::time::Duration;

use photo_core::ports::StoreError;
use photo_core::{JobError, ModelName};

use crate::redis::RedisJobStore;
use crate::redis::codec::duration::millis;
use crate::redis::codec::outcome::json;

/// Keeps why a model's jobs cannot be done, or that they can.
pub(crate) async fn hold(
    store: &RedisJobStore,
    model: &ModelName,
    reason: Option<&JobError>,
    lifetime: Duration,
) -> Result<(), StoreError> {
    let mut call = store.call(&store.scripts.hold);
    // Redis has no key that lives for no time at all.
    call.arg(model.as_str()).arg(millis(lifetime).max(1));
    call.arg(reason.map(json).unwrap_or_default());
    store.beat.run(&call).await
}
