//! Extending leases.

use std::time::Duration;

use photo_core::job::{Held, Lease};
use photo_core::ports::StoreError;

use crate::redis::RedisJobStore;
use crate::redis::codec::duration::millis;
use crate::redis::codec::model_table::ModelTable;
use crate::redis::error::unexpected;

/// Makes leases last `lease` from now.
pub(crate) async fn extend(
    store: &RedisJobStore,
    leases: &[Lease],
    lease: Duration,
) -> Result<Vec<Held>, StoreError> {
    if leases.is_empty() {
        return Ok(Vec::new());
    }
    let (mut models, mut batch) = (ModelTable::default(), Vec::new());
    for lease in leases {
        models.pack_job(&lease.id, &mut batch);
        batch.extend_from_slice(&lease.fence.to_be_bytes());
    }
    let mut call = store.call(&store.scripts.extend);
    call.arg(millis(lease)).arg(batch);
    models.append_to(&mut call);

    let answers: Vec<u8> = store.beat.run(&call).await?;
    if answers.len() != leases.len() {
        return Err(unexpected("the answer to heartbeats"));
    }
    let held = |answer| match answer {
        b'E' => Ok(Held::Extended),
        b'K' => Ok(Held::CancelAsked),
        b'L' => Ok(Held::Lost),
        _ => Err(unexpected("the answer to a heartbeat")),
    };
    answers.into_iter().map(held).collect()
}
