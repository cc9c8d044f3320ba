//! Answers in words, without what differs from one store to the other.

use std::fmt::Debug;
use std::time::Duration;

use photo_core::UnixMillis;
use photo_core::job::{Claimed, ForgetModel, JobView, KnownModel, LineEnds, ModelStats, QueueView};

use super::operation::UNIT;

/// A duration in whole units, to the nearest one.
fn units(duration: Duration) -> u128 {
    (duration + UNIT / 2).as_millis() / UNIT.as_millis()
}

/// What was handed out, without fences.
pub fn claimed(claimed: &Claimed) -> String {
    let jobs: Vec<_> = claimed
        .jobs
        .iter()
        .map(|job| (&job.lease.id, job.attempts, job.failures, job.priority))
        .collect();
    said(&(jobs, claimed.next_due.map(units)))
}

/// How far jobs have come; times are those since `start`.
pub fn views(images: &[Vec<JobView>], start: UnixMillis) -> String {
    let since = |time: UnixMillis| units(Duration::from_millis(time.0 - start.0));
    let view = |view: &JobView| {
        format!(
            "{:?}",
            (
                (view.model.as_str(), view.state, view.priority, view.attempts, view.failures),
                (since(view.submitted_at), view.started_at.map(since), since(view.changed_at)),
                (view.due_at.map(since), view.cancel_asked, &view.held_by_model),
                (view.result.as_ref().map(|result| result.get()), &view.error),
            )
        )
    };
    let images: Vec<Vec<String>> =
        images.iter().map(|views| views.iter().map(view).collect()).collect();
    said(&images)
}

/// The counts of a model's jobs. Those in line are left out once one was cancelled: how long it is
/// still counted is each store's own affair.
pub fn stats(models: &[ModelStats]) -> String {
    let model = |stats: &ModelStats| {
        let counters = ModelStats::COUNTERS.map(|name| (name, stats.counters[name]));
        let queued = (stats.counters["cancelled"] == 0).then_some(stats.queued);
        said(&(stats.model.as_str(), queued, stats.waiting, stats.running, stats.failed, counters))
    };
    said(&models.iter().map(model).collect::<Vec<_>>())
}

/// Whether a model was forgotten. How many unfinished jobs it has is left out: see [`stats`].
pub fn forgotten(answer: &ForgetModel) -> String {
    match answer {
        ForgetModel::Unfinished(jobs) => format!("has unfinished jobs: {}", *jobs > 0),
        answer => said(answer),
    }
}

/// The ends of the lines of models of which no job was cancelled: how many of those are looked past
/// is each store's own affair.
pub fn queues(models: &[QueueView], start: UnixMillis) -> String {
    let since = |time: UnixMillis| units(Duration::from_millis(time.0 - start.0));
    let ends = |ends: LineEnds| [ends.first_at, ends.last_at, ends.oldest_at].map(since);
    let model = |queue: &QueueView| {
        let lines = queue.lines.map(|line| line.map(ends));
        let lines = (queue.stats.counters["cancelled"] == 0).then_some(lines);
        said(&(queue.stats.model.as_str(), &queue.hold, &queue.announced, lines))
    };
    said(&models.iter().map(model).collect::<Vec<_>>())
}

/// What is known of models; times are those since `start`.
pub fn models(mut models: Vec<KnownModel>, start: UnixMillis) -> String {
    for endpoint in models.iter_mut().flat_map(|model| &mut model.endpoints) {
        let since = |time: UnixMillis| units(Duration::from_millis(time.0 - start.0));
        endpoint.since = endpoint.since.map(|at| UnixMillis(u64::try_from(since(at)).unwrap()));
    }
    said(&models)
}

/// Anything else as it is.
pub fn said(answer: &impl Debug) -> String {
    format!("{answer:?}")
}
