//! The jobs of accepted photos on their way to the job store.

use std::collections::HashMap;

use photo_core::job::{NewJob, SubmitMode, Submitted};
use photo_core::ports::{Committed, StoreError};
use photo_core::record::{Acceptance, Withdrawal};
use photo_core::{ImageKey, JobId, JobState, ModelName};
use serde::Serialize;

use crate::error::ApiError;
use crate::state::AppState;

/// A job as the answer to its request shows it.
#[derive(Serialize)]
pub(super) struct AcceptedJob {
    id: JobId,
    image: ImageKey,
    model: ModelName,
    state: JobState,
    /// Whether this request put the job in line, or it was there before.
    new: bool,
}

/// Puts the jobs of `images`, in that order, in line. Those that ended and that the job store has
/// forgotten are given their endings back.
pub(super) async fn submit(
    state: &AppState,
    images: &[ImageKey],
    asked: &Acceptance,
    committed: &[Committed],
) -> Result<Vec<AcceptedJob>, ApiError> {
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
    let submitted = match state.jobs.submit(&jobs, mode).await {
        Ok(submitted) => submitted,
        Err(error) => {
            // Of any other error nobody knows whether the jobs are in line.
            if matches!(error, StoreError::Full(_)) {
                withdraw(state, asked, committed).await;
            }
            return Err(error.into());
        }
    };
    let mut accepted = Vec::with_capacity(jobs.len());
    for (job, submitted) in jobs.into_iter().zip(submitted) {
        let (now, new) = match submitted {
            Submitted::Queued => (JobState::Queued, true),
            Submitted::Exists(state) => (state, false),
            Submitted::Forgotten => (give_back(state, &job.id).await?, false),
        };
        let JobId { image, model } = job.id.clone();
        accepted.push(AcceptedJob { id: job.id, image, model, state: now, new });
    }
    Ok(accepted)
}

/// Gives the job store an ending back that only the image's record knows; answers which.
async fn give_back(state: &AppState, job: &JobId) -> Result<JobState, ApiError> {
    let record = state.images.record(job.image).await?.unwrap_or_default();
    // The record grows by lines and loses none: what it said a moment ago, it still says, unless
    // somebody asked for the job to be done again meanwhile.
    let Some(ended) = record.jobs.get(&job.model).and_then(|it| it.ended(job.image)) else {
        return Ok(JobState::Queued);
    };
    let now = ended.outcome.state();
    state.jobs.restore(&[ended]).await?;
    Ok(now)
}

/// Writes down that the jobs of a refused request are not to be done.
async fn withdraw(state: &AppState, asked: &Acceptance, committed: &[Committed]) {
    let lines = committed.iter().filter(|it| !it.added.is_empty()).map(|it| {
        let withdrawal = Withdrawal { accepted_at: asked.at, models: it.added.clone() };
        (it.image, withdrawal.into())
    });
    if let Err(error) = state.images.append(lines.collect()).await {
        tracing::warn!(%error, "jobs of a refused request stay in their images' records");
    }
}
