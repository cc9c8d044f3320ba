//! Noting what became of a callback.

use std::time::Duration;

use photo_core::job::{Callback, CallbackEnd};
use photo_core::ports::StoreError;

use crate::redis::RedisJobStore;
use crate::redis::codec::duration::millis;

/// Notes what became of a callback.
pub(crate) async fn end_callback(
    store: &RedisJobStore,
    callback: &Callback,
    end: CallbackEnd,
) -> Result<(), StoreError> {
    let (end, retry_after) = match end {
        CallbackEnd::Settled => ("settled", Duration::ZERO),
        CallbackEnd::Failed { retry_after } => ("failed", retry_after),
        CallbackEnd::TooEarly { retry_after } => ("early", retry_after),
    };
    let mut call = store.call(&store.scripts.end_callback);
    call.arg(callback.image.as_bytes()).arg(callback.target()).arg(callback.id.as_bytes());
    call.arg(end).arg(millis(retry_after));
    store.nearest().run(&call).await
}
