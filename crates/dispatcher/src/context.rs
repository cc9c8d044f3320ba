//! What every part of the dispatcher works with.

use std::sync::Arc;
use std::time::Duration;

use photo_core::ports::{ImageStore, JobStore, StoreError};
use tokio_util::sync::CancellationToken;

use crate::service::ServiceClient;
use crate::settings::Settings;

/// The stores, the services' client, and when to stop.
pub struct DispatcherContext {
    /// Where jobs live.
    pub store: Arc<dyn JobStore>,
    /// Where photos live.
    pub images: Arc<dyn ImageStore>,
    /// The client of model services.
    pub services: ServiceClient,
    /// The dispatcher's own times.
    pub settings: Settings,
    /// Cancelled when the last outcome is recorded: whatever runs beside the central loop ends.
    pub over: CancellationToken,
}

/// How long a call that no job waits for may keep its caller.
pub const STORE_TIMEOUT: Duration = Duration::from_secs(5);

/// The store's answer, or after `limit` that it is away. The call may have been carried out all
/// the same.
pub async fn within<T>(
    limit: Duration,
    call: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let answer = tokio::time::timeout(limit, call).await;
    answer.unwrap_or_else(|elapsed| Err(StoreError::unavailable(elapsed)))
}
