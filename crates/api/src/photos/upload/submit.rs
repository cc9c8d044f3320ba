//! The jobs of accepted photos on their way to the job store.

use std::collections::HashMap;

use photo_core::job::{EndedJob, NewJob, SubmitMode, Submitted};
use photo_core::ports::{Committed, ImageStoreError, StoreError};
use photo_core::record::{Acceptance, RecordLine, Withdrawal};
use photo_core::{ImageKey, JobId, JobState, ModelName};
use serde::Serialize;
use utoipa::ToSchema;

use super::requeue;
use crate::app::AppState;
use crate::app::stores::StoreDeadline;
use crate::app::stores::StoresError;

/// A job as the answer to its request shows it.
#[derive(Serialize, ToSchema)]
pub(super) struct AcceptedJob {
    id: JobId,
    image: ImageKey,
    model: ModelName,
    state: JobState,
    /// Whether this request queued the job, or it was known before.
    new: bool,
}

/// Queues the jobs of `images` in that order. Jobs that ended and that the job store has forgotten
/// are restored to it.
pub(super) async fn submit(
    state: &AppState,
    images: &[ImageKey],
    asked: &Acceptance,
    committed: &[Committed],
    deadline: &mut StoreDeadline,
) -> Result<Vec<AcceptedJob>, StoresError> {
    let ended: HashMap<ImageKey, &[ModelName]> =
        committed.iter().map(|it| (it.image, it.ended.as_slice())).collect();
    let jobs: Vec<NewJob> = images
        .iter()
        .flat_map(|image| asked.models.iter().map(|model| JobId::new(*image, model.clone())))
        .map(|id| NewJob {
            ended_before: ended.get(&id.image).is_some_and(|ended| ended.contains(&id.model)),
            priority: asked.priority,
            id,
        })
        .collect();
    let mode = if asked.rerun { SubmitMode::Rerun } else { SubmitMode::New };
    let submitted = match deadline.wait(state.stores.jobs.submit(&jobs, mode)).await {
        Ok(submitted) => submitted,
        Err(error) => {
            // After any other error it is not known whether the jobs are queued.
            if matches!(error, StoreError::Full(_)) {
                withdraw(state, asked, committed).await;
            }
            return Err(error.into());
        }
    };
    write_down_again(state, asked, committed, &jobs, &submitted).await?;
    let again = requeue::requeue(state, asked, committed, &jobs, &submitted, deadline).await?;
    let forgotten = jobs.iter().zip(&submitted).filter(|(_, it)| **it == Submitted::Forgotten);
    let mut forgotten: Vec<JobId> = forgotten.map(|(job, _)| job.id.clone()).collect();
    forgotten.extend(others_forgotten(state, asked, committed, deadline).await?);
    let given_back = give_back(state, &forgotten, deadline).await?;

    let accepted = jobs.into_iter().zip(submitted).map(|(job, submitted)| {
        let (now, new) = match submitted {
            Submitted::Queued => (JobState::Queued, true),
            Submitted::Exists(JobState::Failed) if again.contains(&job.id) => {
                (JobState::Queued, true)
            }
            Submitted::Exists(state) => (state, false),
            // Asked for again by another request meanwhile, if it is not among them.
            Submitted::Forgotten => {
                (given_back.get(&job.id).copied().unwrap_or(JobState::Queued), false)
            }
        };
        let JobId { image, model } = job.id.clone();
        AcceptedJob { id: job.id, image, model, state: now, new }
    });
    Ok(accepted.collect())
}

/// Writes down the jobs that this request queued although their images' records had them as
/// unfinished before: another request cancelled them meanwhile, and may yet write that down.
async fn write_down_again(
    state: &AppState,
    asked: &Acceptance,
    committed: &[Committed],
    jobs: &[NewJob],
    submitted: &[Submitted],
) -> Result<(), StoresError> {
    let added: HashMap<ImageKey, &[ModelName]> =
        committed.iter().map(|it| (it.image, it.added.as_slice())).collect();
    let has_line = |id: &JobId| added.get(&id.image).is_some_and(|it| it.contains(&id.model));
    let lines = jobs
        .iter()
        .zip(submitted)
        .filter(|(job, submitted)| **submitted == Submitted::Queued && !has_line(&job.id))
        .map(|(job, _)| {
            let models = vec![job.id.model.clone()];
            let line = Acceptance { at: state.stores.clock.now(), models, ..asked.clone() };
            (job.id.image, line.into())
        });
    let lines: Vec<(ImageKey, RecordLine)> = lines.collect();
    if !lines.is_empty() {
        let images: Vec<ImageKey> = lines.iter().map(|(image, _)| *image).collect();
        state.stores.images.append(lines).await?;
        state.stores.images.sync_records(&images).await?;
    }
    Ok(())
}

/// Returns the ended jobs of other models that the job store has forgotten, of the images that it
/// knows again from now on: it alone is asked about these images.
async fn others_forgotten(
    state: &AppState,
    asked: &Acceptance,
    committed: &[Committed],
    deadline: &mut StoreDeadline,
) -> Result<Vec<JobId>, StoresError> {
    let others: Vec<NewJob> = committed
        .iter()
        .filter(|it| !it.added.is_empty())
        .flat_map(|it| it.ended.iter().map(|model| JobId::new(it.image, model.clone())))
        .filter(|id| !asked.models.contains(&id.model))
        .map(|id| NewJob { id, priority: asked.priority, ended_before: true })
        .collect();
    if others.is_empty() {
        return Ok(Vec::new());
    }
    let known = deadline.wait(state.stores.jobs.submit(&others, SubmitMode::Look)).await?;
    let forgotten = others.into_iter().zip(known).filter(|(_, it)| *it == Submitted::Forgotten);
    Ok(forgotten.map(|(job, _)| job.id).collect())
}

/// Restores ended jobs to the job store that only the images' records know; returns which.
async fn give_back(
    state: &AppState,
    forgotten: &[JobId],
    deadline: &mut StoreDeadline,
) -> Result<HashMap<JobId, JobState>, StoresError> {
    let mut given_back = HashMap::new();
    // The jobs of one image stand together.
    for jobs in forgotten.chunk_by(|one, next| one.image == next.image) {
        let Some(first) = jobs.first() else { continue };
        let record = match state.stores.images.record(first.image).await {
            Err(ImageStoreError::Damaged(_)) => None,
            record => record?,
        };
        let record = record.unwrap_or_default();
        let ended: Vec<EndedJob> =
            jobs.iter().filter_map(|id| record.jobs.get(&id.model)?.ended(id.image)).collect();
        deadline.wait(state.stores.jobs.restore(&ended)).await?;
        given_back.extend(ended.into_iter().map(|job| (job.id, job.outcome.state())));
    }
    Ok(given_back)
}

/// Writes down that the jobs of a refused request are not to be done.
async fn withdraw(state: &AppState, asked: &Acceptance, committed: &[Committed]) {
    let lines = committed.iter().filter(|it| !it.added.is_empty()).map(|it| {
        let withdrawal = Withdrawal { request: asked.request, models: it.added.clone() };
        (it.image, withdrawal.into())
    });
    if let Err(error) = state.stores.images.append(lines.collect()).await {
        tracing::warn!(%error, "jobs of a refused request stay in their images' records");
    }
}
