//! Leasing callbacks that are due.

use std::time::Duration;

use photo_core::ImageKey;
use photo_core::job::{Callback, DueCallback};
use photo_core::ports::StoreError;
use uuid::Uuid;

use crate::redis::RedisJobStore;
use crate::redis::codec::duration::millis;
use crate::redis::error::unexpected;

/// What the script answers per callback: the image, the target, the id, how often it failed.
type PackedCallback = (Vec<u8>, String, Vec<u8>, u32);

/// Leases callbacks that are due, at most `most`.
pub(crate) async fn lease_callbacks(
    store: &RedisJobStore,
    most: u32,
    lease: Duration,
) -> Result<Vec<DueCallback>, StoreError> {
    let mut call = store.call(&store.scripts.lease_callbacks);
    call.arg(most).arg(millis(lease));
    // What a lost answer handed out is due again when the lease is over, like what a second
    // run would hand out.
    let callbacks: Vec<PackedCallback> = store.work.run_once(&call).await?;
    callbacks.into_iter().map(unpack).collect()
}

fn unpack((image, target, id, failures): PackedCallback) -> Result<DueCallback, StoreError> {
    let image = ImageKey::try_from(image.as_slice()).map_err(|_| unexpected("an image"))?;
    let id = Uuid::from_slice(&id).map_err(|_| unexpected("a callback's id"))?;
    let callback = Callback::from_target(id, image, &target);
    Ok(DueCallback { callback: callback.ok_or_else(|| unexpected("a callback"))?, failures })
}
