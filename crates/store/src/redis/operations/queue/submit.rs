//! Queueing jobs.

use photo_core::job::{NewJob, SubmitMode, Submitted};
use photo_core::ports::StoreError;

use crate::redis::RedisJobStore;
use crate::redis::codec::model_table::ModelTable;
use crate::redis::codec::record::state;
use crate::redis::error::unexpected;

/// Queues jobs, as far as they are not there yet.
pub(crate) async fn submit(
    store: &RedisJobStore,
    jobs: &[NewJob],
    mode: SubmitMode,
) -> Result<Vec<Submitted>, StoreError> {
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let (mut models, mut batch) = (ModelTable::default(), Vec::new());
    for job in jobs {
        models.pack_job(&job.id, &mut batch);
        batch.extend([job.priority as u8, job.ended_before.into()]);
    }
    let mut call = store.call(&store.scripts.submit);
    call.arg(match mode {
        SubmitMode::New => "new",
        SubmitMode::Rerun => "rerun",
        SubmitMode::Refill => "refill",
        SubmitMode::Look => "look",
    });
    call.arg(batch);
    models.append_to(&mut call);

    let answers: Vec<u8> = store.nearest().run(&call).await?;
    if answers.len() != jobs.len() {
        return Err(unexpected("the answer to a submission"));
    }
    let submitted = |answer| match answer {
        b'+' => Ok(Submitted::Queued),
        b'-' => Ok(Submitted::Forgotten),
        letter => state(letter).map(Submitted::Exists),
    };
    answers.into_iter().map(submitted).collect()
}
