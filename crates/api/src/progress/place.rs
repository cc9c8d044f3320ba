//! A job's place in line, from the lengths of the lines and the times at their ends. Nobody counts
//! the jobs before it.

use photo_core::JobState;
use photo_core::job::{JobView, QueueView};

/// How many jobs of its model are before a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// At most so many, by their priorities. Now and then a claim begins with low ones, which are
    /// not counted before others.
    pub(super) at_most: u64,
    /// About so many, by the times at which jobs came: as if they had come in evenly.
    pub(super) estimate: Option<u64>,
}

impl Place {
    pub(super) fn of(job: &JobView, queue: &QueueView) -> Self {
        let priority = job.priority as usize;
        let before: u64 = queue.stats.queued[..priority].iter().sum();
        let line = queue.stats.queued[priority];
        match (job.state, job.due_at) {
            (JobState::Queued | JobState::Waiting, None) => {
                let others = line.saturating_sub(1);
                let in_line = estimate(job, queue, others);
                Self { at_most: before + others, estimate: in_line.map(|others| before + others) }
            }
            // It goes to the end of its line when it is due.
            (JobState::Waiting, Some(_)) => Self { at_most: before + line, estimate: None },
            _ => Self { at_most: 0, estimate: None },
        }
    }
}

/// About how many of the others in a job's own line are before it.
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
    // The line may have moved on since the job was looked at.
    let way = job.changed_at.0.saturating_sub(ends.first_at.0).min(length);
    Some((way as f64 / length as f64 * others as f64).round() as u64)
}

#[cfg(test)]
mod tests {
    use photo_core::UnixMillis;
    use photo_core::job::{LineEnds, Priority};

    use super::*;
    use crate::progress::explanation::tests::{job, queue};

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
        let place = Place::of(&JobView { priority, changed_at, ..job(JobState::Queued) }, queue);
        (place.at_most, place.estimate)
    }

    #[test]
    fn those_of_higher_priority_and_the_earlier_ones_are_before_a_job() {
        let queue = lines([10, 101, 50]);
        assert_eq!(place(Priority::Normal, 100, &queue), (110, Some(10)));
        assert_eq!(place(Priority::Normal, 125, &queue), (110, Some(35)));
        assert_eq!(place(Priority::Normal, 200, &queue), (110, Some(110)));
        assert_eq!(place(Priority::High, 200, &queue), (9, Some(9)));
        assert_eq!(place(Priority::Low, 100, &queue), (160, Some(111)));
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
    fn a_job_that_waits_for_a_time_will_be_last_and_one_that_runs_waits_for_nobody() {
        let queue = lines([10, 100, 0]);
        let waiting = JobView { due_at: Some(UnixMillis(1)), ..job(JobState::Waiting) };
        assert_eq!(Place::of(&waiting, &queue), Place { at_most: 110, estimate: None });
        let running = job(JobState::Running);
        assert_eq!(Place::of(&running, &queue), Place { at_most: 0, estimate: None });
    }
}
