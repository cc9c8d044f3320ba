//! Claiming jobs.

use std::time::Duration;

use photo_core::JobId;
use photo_core::job::PriorityWeights;
use photo_core::job::{ClaimRequest, Claimed, ClaimedJob, Lease, Priority, Want};
use rusqlite::Result;

use super::put_back::{end_leases, end_waits};
use crate::embedded::columns::{later, natural};
use crate::embedded::memory::wakes::{IdleDispatcher, StoreEvent};
use crate::embedded::session::Session;
use crate::embedded::tables::job::NextPlace;
use crate::embedded::tables::model_queue::Counter;
use crate::shares::Shares;

/// Hands out jobs, model by model in the order asked for.
pub(crate) fn claim(session: &mut Session<'_>, request: &ClaimRequest) -> Result<Claimed> {
    let mut jobs = Vec::new();
    for want in &request.wants {
        let taken = claim_model(session, request, want)?;
        if want.slots > 0 {
            let (model, dispatcher) = (want.model.clone(), request.dispatcher);
            session.events.push(if taken.len() < want.slots as usize {
                StoreEvent::Short { model, idle: IdleDispatcher { dispatcher, limit: want.limit } }
            } else {
                StoreEvent::Content { model, dispatcher }
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
    let jobs = session.jobs;
    let Some(queue) = session.queues.find(&want.model)? else { return Ok(Vec::new()) };
    end_leases(jobs, queue, session.now, session.settings.max_crashes)?;
    end_waits(jobs, queue)?;
    let room = u64::from(want.limit).saturating_sub(queue.running()).min(want.slots.into());
    let shares = session.memory.shares(&want.model);
    let order = share_out(shares, request.weights, room, |priority| queue.queued_of(priority));
    let mut queued = [const { Vec::new() }; 3];
    for (priority, jobs_queued) in Priority::ALL.into_iter().zip(&mut queued) {
        let count = order.iter().filter(|other| **other == priority).count() as u64;
        if count > 0 {
            *jobs_queued = jobs.queued(queue.id, priority, count)?;
        }
    }
    let mut queued = queued.map(Vec::into_iter);
    let mut taken = Vec::new();
    for priority in order {
        let Some(mut job) = queued[priority as usize].next() else { continue };
        job.fence = session.memory.next_fence(session.wall_micros);
        job.attempts += 1;
        let until = later(session.now, request.lease);
        let job = jobs.change(queue, job, NextPlace::Running(until))?;
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
    }
    Ok(taken)
}

/// The priorities of the jobs to hand out, in order, at most `room` of them.
fn share_out(
    shares: &mut Shares,
    weights: PriorityWeights,
    room: u64,
    queued_of: impl Fn(Priority) -> u64,
) -> Vec<Priority> {
    let mut left = Priority::ALL.map(queued_of);
    let mut order = Vec::new();
    while (order.len() as u64) < room
        && let Some(priority) = shares.next(weights, |priority| left[priority as usize] > 0)
    {
        left[priority as usize] -= 1;
        order.push(priority);
    }
    order
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
