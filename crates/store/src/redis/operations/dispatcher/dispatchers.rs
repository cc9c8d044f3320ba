//! Listing dispatchers.

use photo_core::UnixMillis;
use photo_core::job::DispatcherView;
use photo_core::ports::StoreError;

use crate::redis::RedisJobStore;

/// Lists the dispatchers that have not fallen silent.
pub(crate) async fn dispatchers(store: &RedisJobStore) -> Result<Vec<DispatcherView>, StoreError> {
    let call = store.call(&store.scripts.dispatchers);
    let answers: Vec<(u64, Vec<u8>)> = store.nearest().run(&call).await?;
    // One that cannot be read is of another version, and must not hide the others.
    let view = |(seen_at, said): (u64, Vec<u8>)| {
        let report = serde_json::from_slice(&said).ok()?;
        Some(DispatcherView { report, seen_at: UnixMillis(seen_at) })
    };
    let mut views: Vec<DispatcherView> = answers.into_iter().filter_map(view).collect();
    DispatcherView::sort(&mut views);
    Ok(views)
}
