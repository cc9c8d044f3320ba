//! Queueing jobs.

use photo_core::JobState;
use photo_core::job::{NewJob, Priority, SubmitMode, Submitted};
use rusqlite::Result;

use crate::embedded::session::Session;
use crate::embedded::tables::job::{Job, NextPlace};
use crate::embedded::tables::job_table::JobTable;
use crate::embedded::tables::model_queue::{Counter, ModelQueue};
use crate::embedded::tables::results::forget_result;

/// Queues jobs that are not there yet.
pub(crate) fn submit(
    session: &mut Session<'_>,
    jobs: &[NewJob],
    mode: SubmitMode,
) -> Result<Vec<Submitted>> {
    jobs.iter().map(|job| submit_one(session, job, mode)).collect()
}

fn submit_one(session: &mut Session<'_>, new: &NewJob, mode: SubmitMode) -> Result<Submitted> {
    let jobs = session.jobs;
    let known = match session.queues.find(&new.id.model)? {
        Some(queue) => jobs.find(new.id.image, queue.id)?,
        None => None,
    };
    if known.is_none() && new.ended_before && mode != SubmitMode::Rerun {
        return Ok(Submitted::Forgotten);
    }
    if mode == SubmitMode::Look {
        return Ok(known.map_or(Submitted::Queued, |job| Submitted::Exists(job.state)));
    }
    let queue = session.queues.find_or_add(&new.id.model)?;
    match known {
        Some(job) if !may_begin_again(job.state, mode) => {
            if mode != SubmitMode::Refill {
                queue.tally(Counter::Duplicate);
            }
            return Ok(Submitted::Exists(job.state));
        }
        Some(job) => begin_again(jobs, queue, job, new.priority)?,
        None => {
            let job = Job::new(new.id.image, queue.id, new.priority, jobs.wall);
            jobs.add(queue, job)?;
        }
    }
    queue.tally(Counter::Submitted);
    Ok(Submitted::Queued)
}

fn may_begin_again(state: JobState, mode: SubmitMode) -> bool {
    match mode {
        SubmitMode::New => state == JobState::Cancelled,
        SubmitMode::Rerun => state.is_final(),
        SubmitMode::Refill | SubmitMode::Look => false,
    }
}

/// Queues a finished job again as if it were new. The fence is no longer its own, so that
/// nobody who held it before can end it.
pub(crate) fn begin_again(
    jobs: JobTable<'_>,
    queue: &mut ModelQueue,
    mut job: Job,
    priority: Priority,
) -> Result<()> {
    if job.state == JobState::Succeeded {
        forget_result(jobs.connection, job.image, job.model)?;
    }
    // A finished job is not counted by its priority, so that it may change before the move.
    let new = Job::new(job.image, job.model, priority, jobs.wall);
    job = Job { state: job.state, place: job.place, changed_at: job.changed_at, ..new };
    jobs.change(queue, job, NextPlace::Tail)?;
    Ok(())
}
