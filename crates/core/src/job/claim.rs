//! Jobs handed out to dispatchers.

mod priority_weights;

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Priority;
use crate::text_form::text_schema;
use crate::{JobId, ModelName};

pub use self::priority_weights::{InvalidWeights, PriorityWeights};

/// One dispatcher process, as the store knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DispatcherId(#[serde(with = "uuid::serde::simple")] Uuid);

text_schema!(
    DispatcherId,
    "A dispatcher process: a number made up when it starts.",
    "^[0-9a-f]{32}$",
    "9f1c0e7a5b7d4f31a2c46f8d0b3e5a17"
);

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
    /// How the priorities of each model share what is handed out.
    pub weights: PriorityWeights,
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
    /// How many attempts failed before ([`super::Ending::Retry`]).
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
