//! A job's position in its queue, from the lengths of the queues and the times at their ends. The
//! jobs before it are not counted.

use photo_core::JobState;
use photo_core::job::PriorityWeights;
use photo_core::job::{JobView, Priority, QueueView};

/// How many jobs of its model are before a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct QueuePosition {
    /// At most this many of the jobs queued now, by the shares of their priorities.
    pub(super) at_most: u64,
    /// About this many, as if the jobs had come in evenly between the first and the last.
    pub(super) estimate: Option<u64>,
}

impl QueuePosition {
    pub(super) fn of(job: &JobView, queue: &QueueView, weights: PriorityWeights) -> Self {
        let total = |own: u64| own + of_other_priorities(job.priority, own, queue, weights);
        match (job.state, job.due_at) {
            (JobState::Queued | JobState::Waiting, None) => {
                let others = queue.stats.queued[job.priority as usize].saturating_sub(1);
                Self { at_most: total(others), estimate: estimate(job, queue, others).map(total) }
            }
            // It goes to the front of its queue when it is due, as do all that wait for a time.
            (JobState::Waiting, Some(_)) => {
                Self { at_most: total(queue.stats.waiting.saturating_sub(1)), estimate: None }
            }
            _ => Self { at_most: 0, estimate: None },
        }
    }
}

/// Returns how many jobs of other priorities are started before a job that has `own` jobs of its
/// own priority before it.
fn of_other_priorities(
    priority: Priority,
    own: u64,
    queue: &QueueView,
    weights: PriorityWeights,
) -> u64 {
    let others = Priority::ALL.into_iter().filter(|other| *other != priority);
    let before = |other: Priority| {
        let share = (own + 1).saturating_mul(weights.of(other).into());
        let share = share / u64::from(weights.of(priority));
        share.min(queue.stats.queued[other as usize])
    };
    others.map(before).sum()
}

/// Returns about how many of the other jobs in a job's own queue are before it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a part between 0 and 1 of a number of jobs"
)]
fn estimate(job: &JobView, queue: &QueueView, others: u64) -> Option<u64> {
    if others == 0 {
        return Some(0);
    }
    let ends = queue.lines[job.priority as usize]?;
    let length = ends.last_at.0.checked_sub(ends.first_at.0).filter(|length| *length > 0)?;
    // The queue may have moved on since the job was read.
    let way = job.changed_at.0.saturating_sub(ends.first_at.0).min(length);
    Some((way as f64 / length as f64 * others as f64).round() as u64)
}

#[cfg(test)]
mod tests {
    use photo_core::UnixMillis;
    use photo_core::job::LineEnds;

    use super::*;
    use crate::app::progress::test_jobs::{job, queue};

    /// A queue of these lengths whose lines all have jobs from second 100 to 200.
    fn lines(queued: [u64; 3]) -> QueueView {
        let at = |second: u64| UnixMillis(second * 1_000);
        let ends = LineEnds { first_at: at(100), last_at: at(200), oldest_at: at(100) };
        let mut view = queue(None).view;
        view.stats.queued = queued;
        view.lines = queued.map(|jobs| (jobs > 0).then_some(ends));
        view
    }

    fn place(priority: Priority, second: u64, queue: &QueueView) -> (u64, Option<u64>) {
        let changed_at = UnixMillis(second * 1_000);
        let job = JobView { priority, changed_at, ..job(JobState::Queued) };
        let place = QueuePosition::of(&job, queue, PriorityWeights::default());
        (place.at_most, place.estimate)
    }

    #[test]
    fn the_earlier_ones_and_the_shares_of_other_priorities_are_before_a_job() {
        let queue = lines([10, 101, 50]);
        assert_eq!(place(Priority::Normal, 100, &queue), (135, Some(4)));
        assert_eq!(place(Priority::Normal, 125, &queue), (135, Some(41)));
        assert_eq!(place(Priority::Normal, 200, &queue), (135, Some(135)));
        assert_eq!(place(Priority::High, 200, &queue), (11, Some(11)));
        assert_eq!(place(Priority::Low, 100, &queue), (160, Some(14)));
    }

    #[test]
    fn an_estimate_is_never_beyond_the_line() {
        let queue = lines([0, 101, 0]);
        assert_eq!(place(Priority::Normal, 50, &queue), (100, Some(0)));
        assert_eq!(place(Priority::Normal, 900, &queue), (100, Some(100)));
    }

    #[test]
    fn jobs_that_came_at_once_have_no_order_that_times_tell() {
        let mut queue = lines([0, 101, 0]);
        let ends = queue.lines[1].as_mut().unwrap();
        ends.first_at = ends.last_at;
        assert_eq!(place(Priority::Normal, 200, &queue), (100, None));
        queue.lines[1] = None;
        assert_eq!(place(Priority::Normal, 200, &queue), (100, None));
        queue.stats.queued[1] = 1;
        assert_eq!(place(Priority::Normal, 200, &queue), (0, Some(0)), "it is alone");
    }

    #[test]
    fn a_job_that_waits_for_a_time_will_be_first_and_one_that_runs_waits_for_nobody() {
        let mut queue = lines([10, 100, 0]);
        queue.stats.waiting = 3;
        let place = |job: &JobView| QueuePosition::of(job, &queue, PriorityWeights::default());
        let waiting = JobView { due_at: Some(UnixMillis(1)), ..job(JobState::Waiting) };
        assert_eq!(place(&waiting), QueuePosition { at_most: 12, estimate: None });
        assert_eq!(place(&job(JobState::Running)), QueuePosition { at_most: 0, estimate: None });
    }
}
