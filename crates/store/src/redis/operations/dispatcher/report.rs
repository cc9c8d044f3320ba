//! Keeping what a dispatcher reports of itself.

use std::time::Duration;

use photo_core::job::DispatcherReport;
use photo_core::ports::StoreError;

use crate::redis::RedisJobStore;
use crate::redis::codec::duration::millis;

/// Keeps what a dispatcher reports of itself, for `lifetime`.
pub(crate) async fn report(
    store: &RedisJobStore,
    report: &DispatcherReport,
    lifetime: Duration,
) -> Result<(), StoreError> {
    let said = serde_json::to_vec(report).map_err(StoreError::unavailable)?;
    let mut call = store.call(&store.scripts.report);
    call.arg(report.id.to_string()).arg(millis(lifetime)).arg(said);
    // Not on the other connection: with many endpoints it is long, and nobody waits for it.
    store.nearest().run(&call).await
}
