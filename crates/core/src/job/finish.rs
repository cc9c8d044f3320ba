//! How attempts ended.

use std::time::Duration;

use serde_json::value::RawValue;

use super::{Claimed, Lease};
use crate::JobError;

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
