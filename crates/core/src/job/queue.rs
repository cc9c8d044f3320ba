//! What else is done to queues, and what is told about it.

use super::Priority;
use crate::{ImageKey, JobId, ModelName};

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

/// The lists in which a model's unfinished jobs stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobList {
    /// In line, with this priority; the first is the next.
    Queued(Priority),
    /// For a time; the first is due first.
    Waiting,
    /// With a dispatcher; the first is the one whose lease ends first.
    Running,
}

impl JobList {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Queued(Priority::High),
        Self::Queued(Priority::Normal),
        Self::Queued(Priority::Low),
        Self::Waiting,
        Self::Running,
    ];
}

/// A slice of a list of jobs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// The images of the jobs, in the order of the list.
    pub images: Vec<ImageKey>,
    /// Whether the list goes on behind it.
    pub more: bool,
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
