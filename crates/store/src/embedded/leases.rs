//! Dispatchers go on holding their jobs, or let go of them.

use std::time::Duration;

use photo_core::job::{Ack, Ending, Finish, Held, Lease};
use photo_core::{ImageKey, JobState};
use rusqlite::{Connection, Result, params};
use serde_json::value::RawValue;

use super::columns::later;
use super::job_table::{Job, JobTable, Next};
use super::model_queue::{Counter, ModelQueue};
use super::session::Session;

const KEEP_RESULT: &str = "INSERT OR REPLACE INTO results (image, model, body) VALUES (?1, ?2, ?3)";

/// Makes leases last `length` from now, even those that are over if nobody ended them.
pub(super) fn extend(
    session: &mut Session<'_>,
    leases: &[Lease],
    length: Duration,
) -> Result<Vec<Held>> {
    let until = later(session.now, length);
    let extend_one = |lease| {
        let jobs = session.jobs;
        let Some((_, mut job)) = held(session, lease)? else { return Ok(Held::Lost) };
        job.place = Some(until);
        jobs.save(&job)?;
        Ok(if job.cancel_asked { Held::CancelAsked } else { Held::Extended })
    };
    leases.iter().map(extend_one).collect()
}

/// Records endings, each under the lease it was made under.
pub(super) fn finish(session: &mut Session<'_>, endings: &[Finish]) -> Result<Vec<Ack>> {
    let mut handed_back = Vec::new();
    let acks = endings.iter().map(|ending| finish_one(session, ending, &mut handed_back));
    let acks = acks.collect::<Result<_>>()?;
    restore_order(session.jobs, handed_back)?;
    Ok(acks)
}

/// Has jobs that went to the front one by one stand there in the order in which they were claimed.
fn restore_order(jobs: JobTable<'_>, mut handed_back: Vec<Job>) -> Result<()> {
    handed_back.sort_by_key(|job| (job.model, job.place));
    let places: Vec<_> = handed_back.iter().map(|job| job.place).collect();
    handed_back.sort_by_key(|job| (job.model, job.fence));
    for (mut job, place) in handed_back.into_iter().zip(places) {
        if job.place != place {
            job.place = place;
            jobs.save(&job)?;
        }
    }
    Ok(())
}

/// Records one ending. A job that goes to the front of its queue is added to `handed_back`.
fn finish_one(
    session: &mut Session<'_>,
    finish: &Finish,
    handed_back: &mut Vec<Job>,
) -> Result<Ack> {
    let (jobs, now) = (session.jobs, session.now);
    let Some((queue, mut job)) = held(session, &finish.lease)? else {
        if let Some(queue) = session.queues.find(&finish.lease.id.model)? {
            queue.tally(Counter::Stale);
        }
        return Ok(Ack::Stale);
    };
    // This dispatcher lived to tell: only deaths in a row speak against a job.
    job.crashes = 0;
    let (next, counter) = match &finish.ending {
        Ending::Succeeded(result) => {
            keep_result(jobs.connection, job.image, job.model, result)?;
            job.error = None;
            (Next::Succeeded, Counter::Succeeded)
        }
        Ending::Failed(error) => {
            job.error = Some(error.clone());
            (Next::Failed, Counter::Failed)
        }
        Ending::Retry { after, error } => {
            job.failures += 1;
            job.error = Some(error.clone());
            unless_cancelled(&job, Next::Waiting(later(now, *after)), Counter::Retried)
        }
        Ending::Release { after, error } => {
            job.error = error.clone().or(job.error);
            let next = if after.is_zero() { Next::Head } else { Next::Waiting(later(now, *after)) };
            unless_cancelled(&job, next, Counter::Released)
        }
    };
    queue.tally(counter);
    let job = jobs.change(queue, job, next)?;
    if matches!(next, Next::Head) {
        handed_back.push(job);
    }
    Ok(Ack::Recorded)
}

/// Writes a job's result.
pub(super) fn keep_result(
    connection: &Connection,
    image: ImageKey,
    model: i64,
    result: &RawValue,
) -> Result<()> {
    let mut statement = connection.prepare_cached(KEEP_RESULT)?;
    statement.execute(params![image.as_bytes(), model, result.get()])?;
    Ok(())
}

/// Where a job goes that was not finished.
fn unless_cancelled(job: &Job, next: Next, counter: Counter) -> (Next, Counter) {
    if job.cancel_asked { (Next::Cancelled, Counter::Cancelled) } else { (next, counter) }
}

/// The job that a lease holds, or `None` if it holds none any more.
fn held<'s>(
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
