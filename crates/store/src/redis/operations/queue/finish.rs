//! Recording how attempts ended, and claiming jobs in the same call.

use std::time::Duration;

use photo_core::job::{Ack, ClaimRequest, Claimed, Ending, Finish, Finished};
use photo_core::ports::StoreError;
use tracing::error;

use crate::redis::RedisJobStore;
use crate::redis::codec::claimed::parse_claimed;
use crate::redis::codec::duration::millis;
use crate::redis::codec::model_table::ModelTable;
use crate::redis::codec::outcome::{failure, success};
use crate::redis::error::unexpected;

/// Records endings, and then claims jobs.
pub(crate) async fn finish(
    store: &RedisJobStore,
    endings: &[Finish],
    then: Option<&ClaimRequest>,
) -> Result<Finished, StoreError> {
    let mut models = ModelTable::default();
    let (mut wants, mut ended, mut outcomes) = (Vec::new(), Vec::new(), Vec::new());
    for want in then.iter().flat_map(|request| &request.wants) {
        for number in [models.add(&want.model), want.slots, want.limit] {
            wants.extend_from_slice(&number.to_be_bytes());
        }
    }
    for finish in endings {
        models.pack_job(&finish.lease.id, &mut ended);
        ended.extend_from_slice(&finish.lease.fence.to_be_bytes());
        outcomes.push(pack_ending(&finish.ending, &mut ended));
    }
    if wants.is_empty() && ended.is_empty() {
        return Ok(Finished::default());
    }
    let mut call = store.call(&store.scripts.finish);
    let dispatcher = then.map(|request| request.dispatcher.to_string());
    call.arg(dispatcher.unwrap_or_default());
    call.arg(then.map_or(0, |request| millis(request.lease)));
    let weights = then.map(|request| request.weights).unwrap_or_default();
    call.arg(weights.as_array().map(u16::to_be_bytes).concat());
    call.arg(wants).arg(ended).arg(models.len());
    models.append_to(&mut call);
    for outcome in outcomes {
        call.arg(outcome);
    }

    let (acks, jobs, next_due): (Vec<u8>, Vec<u8>, i64) = store.work.run_once(&call).await?;
    if acks.len() != endings.len() {
        return Err(unexpected("the answer to endings"));
    }
    let acks = acks.into_iter().zip(endings).map(|(ack, finish)| match ack {
        b'R' => Ack::Recorded,
        b'U' => {
            error!(job.id = %finish.lease.id, "the job's record cannot be read: its outcome is lost");
            Ack::Stale
        }
        _ => Ack::Stale,
    });
    let claimed = Claimed {
        jobs: parse_claimed(&jobs, &models)?,
        next_due: u64::try_from(next_due).ok().map(Duration::from_millis),
    };
    Ok(Finished { acks: acks.collect(), claimed })
}

/// Appends an ending's kind and waiting time to a packed batch. Answers its outcome.
fn pack_ending(ending: &Ending, batch: &mut Vec<u8>) -> Vec<u8> {
    let (kind, after, outcome) = match ending {
        Ending::Succeeded(result) => (b'S', Duration::ZERO, success(result)),
        Ending::Failed(error) => (b'F', Duration::ZERO, failure(error)),
        Ending::Retry { after, error } => (b'R', *after, failure(error)),
        Ending::Release { after, error } => {
            (b'L', *after, error.as_ref().map(failure).unwrap_or_default())
        }
    };
    batch.push(kind);
    batch.extend_from_slice(&millis(after).to_be_bytes()[2..]);
    outcome
}
