//! Jobs, queues and models as others see them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use serde_json::value::RawValue;

use super::Priority;
use crate::{JobError, JobState, ModelName, UnixMillis};

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

/// A model service's announcement of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// What it calls itself.
    pub model: ModelName,
    /// Where it listens, without a trailing slash: `http://host:port` or `https://host:port`.
    pub url: String,
    /// After how much silence it is gone.
    pub lifetime: Duration,
    /// The address that the announcement came from, if that is known.
    pub from: Option<IpAddr>,
}

/// An endpoint that announced itself and has not fallen silent since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownEndpoint {
    /// Where it listens.
    pub url: String,
    /// Where the announcement came from that made it known. Of what earlier releases wrote down
    /// this is not known.
    pub from: Option<IpAddr>,
    /// When that was.
    pub since: Option<UnixMillis>,
}

/// What became of a wish to forget a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForgetModel {
    /// It is forgotten.
    Forgotten,
    /// Nobody ever spoke of it.
    Unknown,
    /// It has so many jobs that are not finished, and is left as it is. Cancelled ones may be counted
    /// until they are reached, as in [`ModelStats::queued`].
    Unfinished(u64),
}

impl Announcement {
    /// For how long an endpoint that is gone is remembered: it may have been silent only because
    /// nobody asked it, and is taken in again once it answers.
    pub const REMEMBERED: Duration = Duration::from_hours(24);

    /// The most endpoints of one model that are remembered: those alive for longest.
    pub const MOST_REMEMBERED: u32 = 100;
}

/// An endpoint that announced itself and is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnouncedEndpoint {
    /// Its model.
    pub model: ModelName,
    /// Where it listens.
    pub url: String,
    /// For how many milliseconds it stays alive without a further word; below 0 for how many it
    /// has been gone.
    pub left_ms: i64,
}

/// A model that announced itself or that dispatchers said something about.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownModel {
    /// Its name.
    pub name: ModelName,
    /// The endpoints that announced themselves and have not fallen silent since, by address.
    pub endpoints: Vec<KnownEndpoint>,
    /// What the model can say, as its answers listed it (`classes`).
    pub classes: Option<serde_json::Value>,
    /// Why its jobs wait, if no dispatcher can have them done now.
    pub hold: Option<JobError>,
    /// Whether it was forgotten a short while ago, so that everybody who knows it has to hear of
    /// it.
    pub forgotten: bool,
}

impl KnownModel {
    /// For how long a model that was forgotten is told to be so.
    pub const FORGOTTEN_FOR: Duration = Duration::from_mins(1);

    /// A model of which nothing is known but that it was forgotten.
    pub fn forgotten(name: ModelName) -> Self {
        Self { name, endpoints: Vec::new(), classes: None, hold: None, forgotten: true }
    }
}
