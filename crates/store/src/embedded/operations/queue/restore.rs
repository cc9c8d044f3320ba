//! Restoring jobs that ended and were forgotten.

use photo_core::JobState;
use photo_core::job::{EndedJob, JobOutcome};
use rusqlite::Result;

use crate::embedded::columns::integer;
use crate::embedded::session::Session;
use crate::embedded::tables::job::Job;
use crate::embedded::tables::results::keep_result;

/// Gives jobs back, as far as they are unknown; answers how many.
pub(crate) fn restore(session: &mut Session<'_>, jobs: &[EndedJob]) -> Result<u64> {
    let mut restored = 0;
    for job in jobs {
        restored += u64::from(restore_one(session, job)?);
    }
    Ok(restored)
}

/// Whether the job was unknown.
fn restore_one(session: &mut Session<'_>, ended: &EndedJob) -> Result<bool> {
    let (jobs, image) = (session.jobs, ended.id.image);
    let queue = session.queues.find_or_add(&ended.id.model)?;
    if jobs.find(image, queue.id)?.is_some() {
        return Ok(false);
    }
    let (state, ended_at) = (ended.outcome.state(), integer(ended.ended_at.0));
    let started_at = ended.started_at.map_or(0, |moment| moment.0);
    let job = Job {
        state,
        place: (state == JobState::Failed).then_some(ended_at.saturating_add(jobs.ahead)),
        attempts: ended.attempts,
        failures: ended.failures,
        fence: integer(started_at.saturating_mul(1000)),
        submitted_at: integer(ended.submitted_at.0),
        changed_at: ended_at,
        error: match &ended.outcome {
            JobOutcome::Succeeded(_) => None,
            JobOutcome::Failed(error) => Some(error.clone()),
            JobOutcome::Cancelled(error) => error.clone(),
        },
        ..Job::new(image, queue.id, ended.priority, jobs.wall)
    };
    jobs.add_ended(queue, &job)?;
    if let JobOutcome::Succeeded(result) = &ended.outcome {
        keep_result(session.connection, image, job.model, result)?;
    }
    session.memory.pass_fence(job.fence.min(session.wall_micros));
    Ok(true)
}
