//! How far a job, and with it an image, has come.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a job is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JobState {
    /// In line, to be taken by the next dispatcher with a free slot.
    Queued,
    /// Held back until a time (a retry) or a condition (its model's service is down).
    Waiting,
    /// A dispatcher holds a lease on it.
    Running,
    /// The model answered.
    Succeeded,
    /// It ended without a result, and the error says why.
    Failed,
    /// Somebody asked for it not to be done.
    Cancelled,
}

/// What can happen to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobEvent {
    /// A client asks for the job.
    Submit,
    /// A client asks for the job to be done once more.
    Rerun,
    /// A dispatcher takes it.
    Claim,
    /// Its waiting time is over.
    Due,
    /// The model answered.
    Succeed,
    /// The model refused it, or the last attempt failed.
    Fail,
    /// An attempt failed, or the model cannot take it now: later again.
    HoldBack,
    /// Its dispatcher hands it back untried.
    Release,
    /// Its dispatcher fell silent and the lease ran out.
    LeaseEnd,
    /// Its dispatchers fell silent too often.
    Poison,
    /// Somebody asks for it not to be done.
    Cancel,
    /// An operator puts a failed job back in line.
    Requeue,
}

/// Every allowed move. What is not listed changes nothing.
pub const MOVES: &[(JobState, JobEvent, JobState)] = {
    use JobEvent as E;
    use JobState as S;
    &[
        (S::Queued, E::Claim, S::Running),
        (S::Queued, E::Cancel, S::Cancelled),
        (S::Waiting, E::Due, S::Queued),
        (S::Waiting, E::Cancel, S::Cancelled),
        (S::Running, E::Succeed, S::Succeeded),
        (S::Running, E::Fail, S::Failed),
        (S::Running, E::HoldBack, S::Waiting),
        (S::Running, E::Release, S::Queued),
        (S::Running, E::LeaseEnd, S::Queued),
        (S::Running, E::Poison, S::Failed),
        // A running job is cancelled when its dispatcher lets go of it.
        (S::Running, E::Cancel, S::Cancelled),
        (S::Succeeded, E::Rerun, S::Queued),
        (S::Failed, E::Rerun, S::Queued),
        (S::Failed, E::Requeue, S::Queued),
        (S::Cancelled, E::Rerun, S::Queued),
        // Asking again for what was never done is asking for it to be done.
        (S::Cancelled, E::Submit, S::Queued),
    ]
};

impl JobState {
    /// All states.
    pub const ALL: [Self; 6] = [
        Self::Queued,
        Self::Waiting,
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
    ];

    /// Where `event` takes a job that is here, or `None` if it changes nothing.
    pub fn after(self, event: JobEvent) -> Option<Self> {
        MOVES.iter().find(|(from, by, _)| (*from, *by) == (self, event)).map(|(_, _, to)| *to)
    }

    /// Whether nothing more happens to the job unless somebody asks.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }

    /// The state as clients see it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Waiting => "WAITING",
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where an image is on its way, from the states of its jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ImageStatus {
    /// No job has started.
    Queued,
    /// Some job has started and some job is unfinished.
    Running,
    /// Every job succeeded.
    Succeeded,
    /// Every job is finished and at least one failed.
    Failed,
    /// Every job is finished, none failed, and at least one was cancelled.
    Cancelled,
}

impl ImageStatus {
    /// The status of an image whose jobs are in these states, each with whether it was ever
    /// started. An image without jobs is `Queued`: nothing of it has started.
    pub fn of(jobs: impl IntoIterator<Item = (JobState, bool)>) -> Self {
        let (mut any, mut unfinished, mut started, mut failed, mut cancelled) =
            (false, false, false, false, false);
        for (state, was_started) in jobs {
            any = true;
            unfinished |= !state.is_final();
            started |= was_started || state == JobState::Running || state.is_final();
            failed |= state == JobState::Failed;
            cancelled |= state == JobState::Cancelled;
        }
        match (any && !unfinished, started) {
            (true, _) if failed => Self::Failed,
            (true, _) if cancelled => Self::Cancelled,
            (true, _) => Self::Succeeded,
            (false, true) => Self::Running,
            (false, false) => Self::Queued,
        }
    }

    /// Whether it stays like this until somebody asks for more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_state_and_event_has_at_most_one_move() {
        for (n, (from, by, _)) in MOVES.iter().enumerate() {
            let again = MOVES[n + 1..].iter().any(|(f, b, _)| (f, b) == (from, by));
            assert!(!again, "{from:?} {by:?}");
        }
    }

    #[test]
    fn final_states_are_left_only_when_somebody_asks() {
        for (from, by, _) in MOVES.iter().filter(|(from, _, _)| from.is_final()) {
            let asked = matches!(by, JobEvent::Submit | JobEvent::Rerun | JobEvent::Requeue);
            assert!(asked, "{from:?} {by:?}");
        }
    }

    #[test]
    fn every_state_reaches_every_final_state() {
        for start in JobState::ALL {
            let mut reached = vec![start];
            let mut next = 0;
            while next < reached.len() {
                let here = reached[next];
                for (_, _, to) in MOVES.iter().filter(|(from, _, _)| *from == here) {
                    if !reached.contains(to) {
                        reached.push(*to);
                    }
                }
                next += 1;
            }
            assert_eq!(reached.len(), JobState::ALL.len(), "from {start}");
        }
    }

    #[test]
    fn only_a_claim_starts_a_job() {
        for (_, by, _) in MOVES.iter().filter(|(_, _, to)| *to == JobState::Running) {
            assert_eq!(*by, JobEvent::Claim);
        }
    }

    #[test]
    fn the_image_status_follows_the_rules_of_the_design() {
        use JobState as S;
        let of = |states: &[JobState]| ImageStatus::of(states.iter().map(|s| (*s, false)));
        assert_eq!(of(&[S::Succeeded, S::Succeeded]), ImageStatus::Succeeded);
        assert_eq!(of(&[S::Succeeded, S::Failed, S::Cancelled]), ImageStatus::Failed);
        assert_eq!(of(&[S::Succeeded, S::Cancelled]), ImageStatus::Cancelled);
        assert_eq!(of(&[S::Succeeded, S::Queued]), ImageStatus::Running);
        assert_eq!(of(&[S::Failed, S::Waiting]), ImageStatus::Running);
        assert_eq!(of(&[S::Queued, S::Waiting]), ImageStatus::Queued);
        assert_eq!(ImageStatus::of([(S::Waiting, true)]), ImageStatus::Running);
        assert_eq!(of(&[]), ImageStatus::Queued);
    }

    proptest! {
        #[test]
        fn the_order_of_jobs_does_not_matter(mut picks in prop::collection::vec((0usize..6, any::<bool>()), 0..8)) {
            let states = |p: &[(usize, bool)]| ImageStatus::of(p.iter().map(|(i, s)| (JobState::ALL[*i], *s)));
            let before = states(&picks);
            picks.reverse();
            prop_assert_eq!(states(&picks), before);
        }
    }
}
