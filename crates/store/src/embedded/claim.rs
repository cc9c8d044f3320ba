//! Dispatchers take jobs off the line.

use std::time::Duration;

use photo_core::JobId;
use photo_core::job::{ClaimRequest, Claimed, ClaimedJob, Lease, Priority, Want};
use rusqlite::Result;

use super::columns::{later, natural};
use super::job_table::Next;
use super::model_queue::Counter;
use super::put_back::{end_leases, end_waits};
use super::session::Session;
use super::wakes::{Event, Idle};

/// The order when it is low's turn to go first.
const LOW_FIRST: [Priority; 3] = [Priority::Low, Priority::High, Priority::Normal];

/// Hands out jobs, model by model in the order asked for.
pub(super) fn claim(session: &mut Session<'_>, request: &ClaimRequest) -> Result<Claimed> {
    let mut jobs = Vec::new();
    for want in &request.wants {
        let taken = claim_model(session, request, want)?;
        if want.slots > 0 {
            let (model, dispatcher) = (want.model.clone(), request.dispatcher);
            session.events.push(if taken.len() < want.slots as usize {
                Event::Short { model, idle: Idle { dispatcher, limit: want.limit } }
            } else {
                Event::Content { model, dispatcher }
            });
        }
        jobs.extend(taken);
    }
    let next_due = next_due(session, &request.wants)?;
    Ok(Claimed { jobs, next_due })
}

fn claim_model(
    session: &mut Session<'_>,
    request: &ClaimRequest,
    want: &Want,
) -> Result<Vec<ClaimedJob>> {
    let order = if want.slots > 0 && session.memory.is_lows_turn(&want.model) {
        LOW_FIRST
    } else {
        Priority::ALL
    };
    let jobs = session.jobs;
    let Some(queue) = session.queues.find(&want.model)? else { return Ok(Vec::new()) };
    end_leases(jobs, queue, session.now, session.settings.max_crashes)?;
    end_waits(jobs, queue)?;
    let mut room = u64::from(want.limit).saturating_sub(queue.running()).min(want.slots.into());
    let mut taken = Vec::new();
    for priority in order {
        if room == 0 {
            break;
        }
        for mut job in jobs.queued(queue.id, priority, room)? {
            job.fence = session.memory.next_fence(session.now_micros);
            job.attempts += 1;
            let until = later(session.now, request.lease);
            let job = jobs.change(queue, job, Next::Running(until))?;
            queue.tally(Counter::Claimed);
            taken.push(ClaimedJob {
                lease: Lease {
                    id: JobId::new(job.image, want.model.clone()),
                    fence: natural(job.fence),
                },
                attempts: job.attempts,
                failures: job.failures,
                priority,
            });
            room -= 1;
        }
    }
    Ok(taken)
}

/// How long until something happens by itself in one of the models asked for.
fn next_due(session: &mut Session<'_>, wants: &[Want]) -> Result<Option<Duration>> {
    let mut next = None;
    for want in wants {
        if let Some(queue) = session.queues.find(&want.model)? {
            let due = session.jobs.next_due(queue.id)?;
            next = next.into_iter().chain(due).min();
        }
    }
    Ok(next.map(|due| Duration::from_millis(natural(due.saturating_sub(session.now)))))
}
