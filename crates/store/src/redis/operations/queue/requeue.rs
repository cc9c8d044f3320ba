//! Queueing failed jobs again.

use photo_core::job::Requeue;
use photo_core::ports::StoreError;

use crate::redis::RedisJobStore;
use crate::redis::codec::model_table::ModelTable;

/// The most jobs queued again by age in one call: one script must not hold up the server.
const MOST_REQUEUED: u32 = 10_000;

/// Queues failed jobs again. Returns how many.
pub(crate) async fn requeue(store: &RedisJobStore, which: &Requeue) -> Result<u64, StoreError> {
    let (mut models, mut batch) = (ModelTable::default(), Vec::new());
    let mut most = 0;
    match which {
        Requeue::Jobs(jobs) => {
            for id in jobs {
                models.pack_job(id, &mut batch);
            }
            if jobs.is_empty() {
                return Ok(0);
            }
        }
        Requeue::Oldest { model, count } => {
            models.add(model);
            most = (*count).min(MOST_REQUEUED);
            if most == 0 {
                return Ok(0);
            }
        }
    }
    let mut call = store.call(&store.scripts.requeue);
    call.arg(batch).arg(most);
    models.append_to(&mut call);
    match which {
        Requeue::Jobs(_) => store.nearest().run(&call).await,
        // A second run would take others, and count only those.
        Requeue::Oldest { .. } => store.work.run_once(&call).await,
    }
}
