//! What else is done to queues, and what is told about it.

use crate::{JobId, ModelName};

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
