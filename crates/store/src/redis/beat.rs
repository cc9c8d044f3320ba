//! Signs of life.

use photo_core::job::Beat;
use photo_core::ports::StoreError;

use super::RedisJobStore;

impl RedisJobStore {
    pub(super) async fn give_sign_of_life(&self) -> Result<Beat, StoreError> {
        let mut call = self.call(&self.scripts.beat);
        call.arg(self.server.layouts().newest);
        let (store, server, count) = self.beat.run(&call).await?;
        Ok(Beat { store, server, count })
    }
}
