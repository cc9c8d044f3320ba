//! Claiming jobs.

use photo_core::job::{ClaimRequest, Claimed};
use photo_core::ports::StoreError;

use super::finish::finish;
use crate::redis::RedisJobStore;

/// Claims jobs, which is the end of [`finish`].
pub(crate) async fn claim(
    store: &RedisJobStore,
    request: &ClaimRequest,
) -> Result<Claimed, StoreError> {
    Ok(finish(store, &[], Some(request)).await?.claimed)
}
