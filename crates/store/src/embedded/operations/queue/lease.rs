//! The job that a lease holds.

use photo_core::JobState;
use photo_core::job::Lease;
use rusqlite::Result;

use crate::embedded::session::Session;
use crate::embedded::tables::job::Job;
use crate::embedded::tables::model_queue::ModelQueue;

/// The job that a lease holds, or `None` if it holds none any more.
pub(crate) fn held<'s>(
    session: &'s mut Session<'_>,
    lease: &Lease,
) -> Result<Option<(&'s mut ModelQueue, Job)>> {
    let jobs = session.jobs;
    let Some(queue) = session.queues.find(&lease.id.model)? else { return Ok(None) };
    let job = jobs.find(lease.id.image, queue.id)?.filter(|job| {
        job.state == JobState::Running && i64::try_from(lease.fence) == Ok(job.fence)
    });
    Ok(job.map(|job| (queue, job)))
}
