//! Queueing failed jobs again.

use photo_core::JobState;
use photo_core::job::Requeue;
use rusqlite::Result;

use super::submit::begin_again;
use crate::embedded::session::Session;

/// The most jobs that one operation looks for by itself, so that it holds up nobody for long.
const MOST: u32 = 10_000;

/// Queues failed jobs again. Returns how many.
pub(crate) fn requeue(session: &mut Session<'_>, which: &Requeue) -> Result<u64> {
    let jobs = session.jobs;
    let mut count = 0;
    match which {
        Requeue::Jobs(ids) => {
            for id in ids {
                let Some(queue) = session.queues.find(&id.model)? else { continue };
                let Some(job) = jobs.find(id.image, queue.id)? else { continue };
                if job.state == JobState::Failed {
                    let priority = job.priority;
                    begin_again(jobs, queue, job, priority)?;
                    count += 1;
                }
            }
        }
        Requeue::Oldest { model, count: most } => {
            let Some(queue) = session.queues.find(model)? else { return Ok(0) };
            for job in jobs.failed(queue.id, i64::MAX, MOST.min(*most))? {
                let priority = job.priority;
                begin_again(jobs, queue, job, priority)?;
                count += 1;
            }
        }
    }
    Ok(count)
}
