//! Why a photo is not done yet: how far off each unfinished job is, and what it waits for.

mod explanation;
mod queue_position;
#[cfg(test)]
mod test_jobs;

use std::collections::BTreeMap;
use std::time::Duration;

use photo_core::job::JobView;
use photo_core::{JobState, ModelName, UnixMillis};
use serde::Serialize;
use utoipa::ToSchema;

use self::explanation::Situation;
use self::queue_position::QueuePosition;
use crate::app::stores::Stores;
use crate::app::throughput::Throughput;

/// Nothing is foretold beyond this.
const FORESEEABLE: Duration = Duration::from_hours(366 * 24);

/// How far off a job is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Progress {
    /// How many of the jobs queued now may be started before it, by the shares of their priorities.
    ahead_at_most: u64,
    /// About how many those are, by the times at which they were queued.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    ahead_estimate: Option<u64>,
    /// How many jobs of its model finish per second, by the latest measurement.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    rate_per_second: Option<f64>,
    /// About when it will be done, if nothing changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    estimated_at: Option<UnixMillis>,
    /// What it waits for, in words.
    explanation: String,
}

/// The progress of an image's unfinished jobs. One whose jobs are all finished costs nothing; and
/// what is not known now is left out.
pub(crate) async fn of(
    stores: &Stores,
    throughput: &Throughput,
    jobs: &[JobView],
) -> BTreeMap<ModelName, Progress> {
    let unfinished: Vec<&JobView> = jobs.iter().filter(|job| !job.state.is_final()).collect();
    if unfinished.is_empty() {
        return BTreeMap::new();
    }
    let models: Vec<ModelName> = unfinished.iter().map(|job| job.model.clone()).collect();
    let snapshot = match throughput.cached(stores, &models).await {
        Ok(snapshot) => snapshot,
        Err(error) => {
            // The states of the jobs are known all the same.
            tracing::debug!(%error, "the progress of jobs is not known");
            return BTreeMap::new();
        }
    };
    let now = stores.clock.now();
    let progress = unfinished.into_iter().filter_map(|job| {
        let queue = snapshot.queues.get(&job.model)?;
        let weights = stores.config.dispatcher.priority_weights;
        let position = QueuePosition::of(job, &queue.view, weights);
        let situation = Situation {
            job,
            position,
            queue,
            dispatchers: &snapshot.dispatchers,
            max_attempts: stores.config.model(&job.model).max_attempts,
        };
        let left = situation.time_left();
        let progress = Progress {
            ahead_at_most: position.at_most,
            ahead_estimate: position.estimate,
            rate_per_second: queue.rate.map(|rate| rate.rounded()),
            estimated_at: left.map(|left| done_at(job, now, left)),
            explanation: situation.explain(left),
        };
        Some((job.model.clone(), progress))
    });
    progress.collect()
}

/// When a job is done that is so far off, and not before it is due.
fn done_at(job: &JobView, now: UnixMillis, left: Duration) -> UnixMillis {
    let left = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
    let at = now.0.saturating_add(left);
    UnixMillis(job.due_at.map_or(at, |due_at| at.max(due_at.0)))
}

impl Situation<'_> {
    /// How long it takes until the job is done, if it can be done at all now and it is known how
    /// fast that goes.
    fn time_left(&self) -> Option<Duration> {
        let can_be_done = self.job.state != JobState::Running
            && self.job.held_by_model.is_none()
            && !self.dispatchers.is_empty();
        let ahead = self.position.estimate.unwrap_or(self.position.at_most);
        // Those that are running come before it, and it takes its own time.
        let jobs = ahead + self.queue.view.stats.running + 1;
        let seconds = self.queue.rate.filter(|_| can_be_done)?.seconds_for(jobs)?;
        Duration::try_from_secs_f64(seconds).ok().filter(|left| *left < FORESEEABLE)
    }
}
