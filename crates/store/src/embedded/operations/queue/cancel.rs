//! Cancelling jobs.

use photo_core::{ImageKey, JobId, JobState, ModelName};
use rusqlite::Result;

use crate::embedded::memory::wakes::StoreEvent;
use crate::embedded::session::Session;
use crate::embedded::tables::job::NextPlace;
use crate::embedded::tables::model_queue::Counter;

/// Cancels an image's jobs, those of `models` or all. Running ones are only asked for.
pub(crate) fn cancel(
    session: &mut Session<'_>,
    image: ImageKey,
    models: Option<&[ModelName]>,
) -> Result<Vec<(ModelName, JobState)>> {
    let mut answers = Vec::new();
    for name in session.jobs.models_of(image)? {
        if models.is_none_or(|models| models.contains(&name))
            && let Some(state) = cancel_one(session, image, &name)?
        {
            answers.push((name, state));
        }
    }
    Ok(answers)
}

fn cancel_one(
    session: &mut Session<'_>,
    image: ImageKey,
    name: &ModelName,
) -> Result<Option<JobState>> {
    let Some(queue) = session.queues.find(name)? else { return Ok(None) };
    let Some(mut job) = session.jobs.find(image, queue.id)? else { return Ok(None) };
    let state = match job.state {
        JobState::Queued | JobState::Waiting => {
            queue.tally(Counter::Cancelled);
            session.jobs.change(queue, job, NextPlace::Cancelled)?.state
        }
        JobState::Running => {
            job.cancel_asked = true;
            session.jobs.save(&job)?;
            session.jobs.note_change(image);
            session.events.push(StoreEvent::CancelAsked(JobId::new(image, name.clone())));
            job.state
        }
        JobState::Succeeded | JobState::Failed | JobState::Cancelled => job.state,
    };
    Ok(Some(state))
}
