//! What api, dispatcher and store tell each other about jobs.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{JobError, JobId, JobState, ModelName, UnixMillis};

/// Who goes first among the queued jobs of one model.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Before all others.
    High,
    /// The usual.
    #[default]
    Normal,
    /// When nothing else is to be done, and now and then all the same: low never starves.
    Low,
}

impl Priority {
    /// All priorities, most urgent first; the index is the number kept in the store.
    pub const ALL: [Self; 3] = [Self::High, Self::Normal, Self::Low];
}

impl std::str::FromStr for Priority {
    type Err = InvalidPriority;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "high" => Ok(Self::High),
            "normal" => Ok(Self::Normal),
            "low" => Ok(Self::Low),
            _ => Err(InvalidPriority),
        }
    }
}

/// Why a text is not a [`Priority`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a priority is high, normal or low")]
pub struct InvalidPriority;

/// A job to be queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// Which photo and model.
    pub id: JobId,
    /// Where it goes in line.
    pub priority: Priority,
    /// Whether its image's record says that it ended before. A store that does not know such a job
    /// answers [`Submitted::Forgotten`] instead of queueing it, to be given its ending back. Without
    /// effect on [`SubmitMode::Rerun`].
    pub ended_before: bool,
}

/// What becomes of jobs that were submitted before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SubmitMode {
    /// They stay as they are, except that cancelled ones are queued again.
    #[default]
    New,
    /// Finished ones are queued again and their outcome is forgotten.
    Rerun,
    /// They stay as they are, cancelled ones too, and are not counted as submitted again: for
    /// jobs that were accepted before and that the store may have lost.
    Refill,
    /// As [`SubmitMode::Refill`], but nothing is done: only the answers are given.
    Look,
}

/// What a submission did with one job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Submitted {
    /// It is in line because of this submission.
    Queued,
    /// It was there before and is in this state.
    Exists(JobState),
    /// It ended before and the store has forgotten it: nothing was done.
    Forgotten,
}

/// A job that ended, as its image's record keeps it.
#[derive(Debug, Clone)]
pub struct EndedJob {
    /// Which photo and model.
    pub id: JobId,
    /// The place in line it had.
    pub priority: Priority,
    /// How often a dispatcher took it.
    pub attempts: u32,
    /// How many attempts failed.
    pub failures: u32,
    /// When it was first asked for, or last asked for again.
    pub submitted_at: UnixMillis,
    /// When a dispatcher last took it.
    pub started_at: Option<UnixMillis>,
    /// When it ended.
    pub ended_at: UnixMillis,
    /// How it ended.
    pub outcome: JobOutcome,
}

/// How a job ended.
#[derive(Debug, Clone)]
pub enum JobOutcome {
    /// With the model's result: one JSON value.
    Succeeded(Box<RawValue>),
    /// Without a result.
    Failed(JobError),
    /// Undone, because somebody asked for that; with what its last attempt failed of, if any did.
    Cancelled(Option<JobError>),
}

impl JobOutcome {
    /// The state of a job that ended like this.
    pub fn state(&self) -> JobState {
        match self {
            Self::Succeeded(_) => JobState::Succeeded,
            Self::Failed(_) => JobState::Failed,
            Self::Cancelled(_) => JobState::Cancelled,
        }
    }
}

/// A sign of life of a job store, by which one that was emptied or set back to an earlier time is
/// told from one that was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    /// Made up when the store was first used: another one says that it was emptied since.
    pub store: String,
    /// Of the server process that keeps the store: another one says that it was restarted or
    /// failed over, and may have lost the latest changes. Empty where there is no server, and
    /// whatever was answered is on the disk.
    pub server: String,
    /// Never falls: a smaller one says that the store was set back to an earlier time. On a server
    /// it grows with every call, whoever makes it; in a file, whenever the file is opened.
    pub count: u64,
}

/// One dispatcher process, as the store knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DispatcherId(Uuid);

impl DispatcherId {
    /// A new id, unlike any other.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }
}

impl fmt::Display for DispatcherId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.simple())
    }
}

/// A dispatcher's time-limited claim on a job.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The job held.
    pub id: JobId,
    /// Grows with every claim, so that an earlier holder cannot record anything. It is the
    /// claim's time in microseconds since 1970, pushed up where needed to be unique.
    pub fence: u64,
}

/// What a dispatcher asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimRequest {
    /// Who asks.
    pub dispatcher: DispatcherId,
    /// How long the claimed jobs are its own unless it extends the lease.
    pub lease: Duration,
    /// How much it wants of each model. Models with no free slot are left out.
    pub wants: Vec<Want>,
}

/// What a dispatcher asks for of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    /// The model.
    pub model: ModelName,
    /// The most jobs to hand out now.
    pub slots: u32,
    /// The most jobs of the model that may run at once, over all dispatchers.
    pub limit: u32,
}

/// What a dispatcher got.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claimed {
    /// The jobs, now running and leased.
    pub jobs: Vec<ClaimedJob>,
    /// How long until a waiting job comes due or a lease runs out in one of the models asked
    /// for: claim again then, wake-up or not. `None` if nothing is on its way.
    pub next_due: Option<Duration>,
}

/// One job handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedJob {
    /// What must be shown to extend or finish it.
    pub lease: Lease,
    /// How often it was claimed, this time included.
    pub attempts: u32,
    /// How many attempts failed before ([`Ending::Retry`]).
    pub failures: u32,
    /// Its place in line.
    pub priority: Priority,
}

/// What became of an extended lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// It lasts the full length again.
    Extended,
    /// Somebody wants the job cancelled: let go of it.
    CancelAsked,
    /// It belongs to another now: drop the work.
    Lost,
}

/// How a dispatcher's attempt ended.
#[derive(Debug, Clone)]
pub struct Finish {
    /// The claim it was made under.
    pub lease: Lease,
    /// What came of it.
    pub ending: Ending,
}

/// What came of an attempt.
#[derive(Debug, Clone)]
pub enum Ending {
    /// The model's result: one JSON value.
    Succeeded(Box<RawValue>),
    /// No result, and none to be had.
    Failed(JobError),
    /// The attempt failed and counts; another one `after` this time.
    Retry {
        /// How long to wait.
        after: Duration,
        /// What went wrong.
        error: JobError,
    },
    /// Not the job's fault: back in line, at the front, or waiting if `after` is not zero.
    /// Costs the job nothing.
    Release {
        /// How long to wait.
        after: Duration,
        /// Why it could not be done now, if there is something to say.
        error: Option<JobError>,
    },
}

/// Whether an ending was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ack {
    /// It was.
    Recorded,
    /// The lease was no longer the job's current one; nothing was changed.
    Stale,
}

/// The answer to a batch of endings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finished {
    /// One per ending, in order.
    pub acks: Vec<Ack>,
    /// What was claimed in the same trip.
    pub claimed: Claimed,
}

/// Which failed jobs to put back in line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requeue {
    /// These, as far as they are failed.
    Jobs(Vec<JobId>),
    /// The `count` of the model that failed longest ago.
    Oldest {
        /// Whose jobs.
        model: ModelName,
        /// At most so many.
        count: u32,
    },
}

/// One job as its image's status shows it.
#[derive(Debug, Clone)]
pub struct JobView {
    /// Which model.
    pub model: ModelName,
    /// Where it is.
    pub state: JobState,
    /// Its place in line.
    pub priority: Priority,
    /// How often a dispatcher took it.
    pub attempts: u32,
    /// How many attempts failed.
    pub failures: u32,
    /// Whether a running job is to be cancelled.
    pub cancel_asked: bool,
    /// When it was first asked for, or last asked for again.
    pub submitted_at: UnixMillis,
    /// When a dispatcher last took it.
    pub started_at: Option<UnixMillis>,
    /// When it came into its present state.
    pub changed_at: UnixMillis,
    /// For a waiting job that waits for a time, that time.
    pub due_at: Option<UnixMillis>,
    /// For a queued job whose model cannot take it now, why; its state is then `Waiting`.
    pub held_by_model: Option<JobError>,
    /// The model's result, once succeeded.
    pub result: Option<Box<RawValue>>,
    /// What ended it, or what the last attempt failed of.
    pub error: Option<JobError>,
}

/// One model's queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelStats {
    /// Which model.
    pub model: ModelName,
    /// Jobs in line, by [`Priority::ALL`]. Cancelled ones may be counted until they are reached.
    pub queued: [u64; 3],
    /// Jobs waiting for a time.
    pub waiting: u64,
    /// Jobs under a lease.
    pub running: u64,
    /// Failed jobs that can be put back in line.
    pub failed: u64,
    /// What happened since the store was made, by the names of [`ModelStats::COUNTERS`].
    pub counters: HashMap<String, u64>,
}

impl ModelStats {
    /// The counters every store keeps: jobs submitted, submitted again, claimed, succeeded,
    /// failed, attempts to be retried, releases, cancellations, leases that ran out, and endings
    /// that came too late.
    pub const COUNTERS: [&str; 10] = [
        "submitted",
        "duplicate",
        "claimed",
        "succeeded",
        "failed",
        "retried",
        "released",
        "cancelled",
        "expired",
        "stale",
    ];

    /// All jobs that are not finished.
    pub fn unfinished(&self) -> u64 {
        self.queued.iter().sum::<u64>() + self.waiting + self.running
    }
}

/// What one round of housekeeping did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tick {
    /// Leases that had run out.
    pub expired: u64,
    /// Waiting jobs that came due.
    pub due: u64,
    /// Failed jobs taken off the list of those that can be put back in line, by age.
    pub trimmed: u64,
}

/// Why a dispatcher should look at the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wake {
    /// There may be work for this model.
    Work(ModelName),
    /// Somebody wants this running job cancelled.
    CancelAsked(JobId),
    /// Wake-ups may have been missed: look at everything.
    Reset,
}

/// A model service's announcement of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// What it calls itself.
    pub model: ModelName,
    /// Where it listens, without a trailing slash: `http://host:port`.
    pub url: String,
    /// After how much silence it is gone.
    pub lifetime: Duration,
}

/// A model that announced itself or that dispatchers said something about.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownModel {
    /// Its name.
    pub name: ModelName,
    /// The endpoints that announced themselves and have not fallen silent since.
    pub endpoints: Vec<String>,
    /// What the model can say, as its answers listed it (`classes`).
    pub classes: Option<serde_json::Value>,
    /// Why its jobs wait, if no dispatcher can have them done now.
    pub hold: Option<JobError>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn only_three_words_are_priorities(text in "high|normal|low|[a-zA-Z ]{0,8}") {
            match text.parse::<Priority>() {
                Ok(priority) => {
                    prop_assert_eq!(serde_json::to_value(priority).unwrap(), text);
                }
                Err(InvalidPriority) => {
                    prop_assert!(!["high", "normal", "low"].contains(&text.as_str()));
                }
            }
        }
    }
}
