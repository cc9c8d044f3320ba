//! Jobs that ended, and whether the store still knows them.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Priority;
use crate::{JobError, JobId, JobState, UnixMillis};

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
