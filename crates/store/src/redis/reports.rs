//! What dispatchers say of themselves.

use std::time::Duration;

use photo_core::UnixMillis;
use photo_core::job::{DispatcherReport, DispatcherView};
use photo_core::ports::StoreError;

use super::RedisJobStore;
use super::rules::millis;

impl RedisJobStore {
    pub(super) async fn keep_report(
        &self,
        report: &DispatcherReport,
        lifetime: Duration,
    ) -> Result<(), StoreError> {
        let said = serde_json::to_vec(report).map_err(StoreError::unavailable)?;
        let mut call = self.call(&self.scripts.report);
        call.arg(report.id.to_string()).arg(millis(lifetime)).arg(said);
        // Not on the other connection: with many endpoints it is long, and nobody waits for it.
        self.nearest().run(&call).await
    }

    pub(super) async fn read_dispatchers(&self) -> Result<Vec<DispatcherView>, StoreError> {
        let call = self.call(&self.scripts.dispatchers);
        let answers: Vec<(u64, Vec<u8>)> = self.nearest().run(&call).await?;
        // One that cannot be read is of another version, and must not hide the others.
        let view = |(seen_at, said): (u64, Vec<u8>)| {
            let report = serde_json::from_slice(&said).ok()?;
            Some(DispatcherView { report, seen_at: UnixMillis(seen_at) })
        };
        let mut views: Vec<DispatcherView> = answers.into_iter().filter_map(view).collect();
        DispatcherView::sort(&mut views);
        Ok(views)
    }
}
