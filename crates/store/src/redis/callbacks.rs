//! Those who are to be told once an image is finished.

use std::time::Duration;

use photo_core::ImageKey;
use photo_core::job::{Callback, CallbackEnd, DueCallback};
use photo_core::ports::StoreError;
use uuid::Uuid;

use super::RedisJobStore;
use super::error::unexpected;
use super::rules::millis;

/// What the script answers per callback: the image, the target, the id, how often it failed.
type PackedCallback = (Vec<u8>, String, Vec<u8>, u32);

impl RedisJobStore {
    pub(super) async fn put_callbacks(&self, callbacks: &[Callback]) -> Result<(), StoreError> {
        if callbacks.is_empty() {
            return Ok(());
        }
        let mut call = self.call(&self.scripts.keep_callbacks);
        for callback in callbacks {
            let Callback { id, image, .. } = callback;
            call.arg(image.as_bytes()).arg(callback.target()).arg(id.as_bytes());
        }
        self.nearest().run(&call).await
    }

    pub(super) async fn hand_out_callbacks(
        &self,
        most: u32,
        lease: Duration,
    ) -> Result<Vec<DueCallback>, StoreError> {
        let mut call = self.call(&self.scripts.lease_callbacks);
        call.arg(most).arg(millis(lease));
        // What a lost answer handed out is due again when the lease is over, like what a second
        // run would hand out.
        let callbacks: Vec<PackedCallback> = self.work.run_once(&call).await?;
        callbacks.into_iter().map(unpack).collect()
    }

    pub(super) async fn note_callback(
        &self,
        callback: &Callback,
        end: CallbackEnd,
    ) -> Result<(), StoreError> {
        let (end, retry_after) = match end {
            CallbackEnd::Settled => ("settled", Duration::ZERO),
            CallbackEnd::Failed { retry_after } => ("failed", retry_after),
            CallbackEnd::TooEarly { retry_after } => ("early", retry_after),
        };
        let mut call = self.call(&self.scripts.end_callback);
        call.arg(callback.image.as_bytes()).arg(callback.target()).arg(callback.id.as_bytes());
        call.arg(end).arg(millis(retry_after));
        self.nearest().run(&call).await
    }
}

fn unpack((image, target, id, failures): PackedCallback) -> Result<DueCallback, StoreError> {
    let image = ImageKey::try_from(image.as_slice()).map_err(|_| unexpected("an image"))?;
    let id = Uuid::from_slice(&id).map_err(|_| unexpected("a callback's id"))?;
    let callback = Callback::from_target(id, image, &target);
    Ok(DueCallback { callback: callback.ok_or_else(|| unexpected("a callback"))?, failures })
}
