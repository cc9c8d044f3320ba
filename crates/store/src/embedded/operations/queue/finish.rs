//! Recording how attempts ended, and claiming jobs in the same call.

use photo_core::job::{Ack, ClaimRequest, Claimed, Ending, Finish, Finished};
use rusqlite::Result;

use super::claim::claim;
use super::lease::held;
use crate::embedded::columns::later;
use crate::embedded::session::Session;
use crate::embedded::tables::job::{Job, NextPlace};
use crate::embedded::tables::job_table::JobTable;
use crate::embedded::tables::model_queue::Counter;
use crate::embedded::tables::results::keep_result;

/// Records endings, and then claims jobs.
pub(crate) fn finish(
    session: &mut Session<'_>,
    endings: &[Finish],
    then: Option<&ClaimRequest>,
) -> Result<Finished> {
    let acks = record(session, endings)?;
    let claimed = match then {
        Some(request) => claim(session, request)?,
        None => Claimed::default(),
    };
    Ok(Finished { acks, claimed })
}

/// Records endings, each under the lease it was made under.
fn record(session: &mut Session<'_>, endings: &[Finish]) -> Result<Vec<Ack>> {
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
        // What a model that was forgotten had counted begins anew with its next job.
        let queue = session.queues.find(&finish.lease.id.model)?;
        if let Some(queue) = queue.filter(|queue| !queue.is_forgotten()) {
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
            (NextPlace::Succeeded, Counter::Succeeded)
        }
        Ending::Failed(error) => {
            job.error = Some(error.clone());
            (NextPlace::Failed, Counter::Failed)
        }
        Ending::Retry { after, error } => {
            job.failures += 1;
            job.error = Some(error.clone());
            unless_cancelled(&job, NextPlace::Waiting(later(now, *after)), Counter::Retried)
        }
        Ending::Release { after, error } => {
            job.error = error.clone().or(job.error);
            let next = if after.is_zero() {
                NextPlace::Head
            } else {
                NextPlace::Waiting(later(now, *after))
            };
            unless_cancelled(&job, next, Counter::Released)
        }
    };
    queue.tally(counter);
    let job = jobs.change(queue, job, next)?;
    if matches!(next, NextPlace::Head) {
        handed_back.push(job);
    }
    Ok(Ack::Recorded)
}

/// Where a job goes that was not finished.
fn unless_cancelled(job: &Job, next: NextPlace, counter: Counter) -> (NextPlace, Counter) {
    if job.cancel_asked { (NextPlace::Cancelled, Counter::Cancelled) } else { (next, counter) }
}
