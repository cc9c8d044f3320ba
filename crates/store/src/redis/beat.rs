//! Signs of life.

use photo_core::job::Beat;
use photo_core::ports::StoreError;

use super::RedisJobStore;
use super::check::LAYOUT;

impl RedisJobStore {
    pub(super) async fn give_sign_of_life(&self) -> Result<Beat, StoreError> {
        let mut call = self.call(&self.scripts.beat);
        call.arg(LAYOUT);
        let (store, server, count) = self.beat.run(&call).await?;
        Ok(Beat { store, server, count })
    }
}
