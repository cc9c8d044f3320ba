//! Jobs that come back to their queue: leases that ran out, and waiting times that are over.

use photo_core::{JobError, JobErrorKind};
use rusqlite::Result;

use crate::embedded::tables::job::{Job, NextPlace};
use crate::embedded::tables::job_table::JobTable;
use crate::embedded::tables::model_queue::{Counter, ModelQueue};

/// The most expired leases, and the most waiting jobs, of a model that one operation handles.
const MOST_PAST: u32 = 1_000;

/// Ends leases that end by then. All go to the front, the latest of them first, so that the
/// earliest stand first in the end. Answers how many.
pub(crate) fn end_leases(
    jobs: JobTable<'_>,
    queue: &mut ModelQueue,
    by: i64,
    max_crashes: u8,
) -> Result<u64> {
    let mut ended = 0;
    for job in jobs.lease_ended(queue.id, by, MOST_PAST)? {
        end_lease(jobs, queue, job, max_crashes)?;
        ended += 1;
    }
    Ok(ended)
}

/// The job's dispatcher fell silent, which is not the job's fault unless it happens again and
/// again.
fn end_lease(
    jobs: JobTable<'_>,
    queue: &mut ModelQueue,
    mut job: Job,
    max_crashes: u8,
) -> Result<()> {
    queue.tally(Counter::Expired);
    job.crashes += 1;
    let next = if job.cancel_asked {
        queue.tally(Counter::Cancelled);
        NextPlace::Cancelled
    } else if job.crashes >= u32::from(max_crashes) {
        queue.tally(Counter::Failed);
        let message = format!("dispatchers died {} times while they held this job", job.crashes);
        job.error = Some(JobError::new(JobErrorKind::DispatchersDied, message));
        NextPlace::Failed
    } else {
        NextPlace::Head
    };
    jobs.change(queue, job, next)?;
    Ok(())
}

/// Queues waiting jobs that are due, before all others of their priority: they were queued before,
/// and waited since. The latest go there first, as in [`end_leases`]. Answers how many.
pub(crate) fn end_waits(jobs: JobTable<'_>, queue: &mut ModelQueue) -> Result<u64> {
    let mut due = 0;
    for job in jobs.due(queue.id, jobs.now, MOST_PAST)? {
        jobs.change(queue, job, NextPlace::Head)?;
        due += 1;
    }
    Ok(due)
}
