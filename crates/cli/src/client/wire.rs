//! What the server says, as far as it is used here. Members that are not known are passed on where
//! output is for programs.

use std::collections::BTreeMap;

use photo_core::{ImageKey, ImageStatus, JobState, ModelName, UnixMillis};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// How far one image has come.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ImageView {
    pub(crate) image: ImageKey,
    pub(crate) status: ImageStatus,
    /// What the models that succeeded answered, as they wrote it.
    #[serde(default)]
    pub(crate) results: BTreeMap<ModelName, Box<RawValue>>,
    #[serde(default)]
    pub(crate) jobs: BTreeMap<ModelName, JobView>,
    /// What there is to know about the photo itself, in sentences.
    #[serde(default)]
    pub(crate) notes: Vec<String>,
}

/// How far one job has come.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct JobView {
    pub(crate) state: JobState,
    #[serde(flatten)]
    pub(crate) more: Map<String, Value>,
}

impl JobView {
    /// What ended the job, what it waits for, or where it is in line, in words.
    pub(crate) fn words(&self) -> Option<&str> {
        let places: &[(&str, &str)] = match self.state {
            JobState::Failed => &[("error", "message")],
            state if state.is_final() => &[],
            _ => &[("progress", "explanation"), ("waiting", "reason"), ("error", "message")],
        };
        places.iter().find_map(|(member, text)| self.more.get(*member)?.get(text)?.as_str())
    }
}

/// How far many images have come.
#[derive(Debug, Deserialize)]
pub(super) struct Statuses {
    pub(super) images: BTreeMap<ImageKey, ImageView>,
}

/// What the server does not have of what it was asked about.
#[derive(Debug, Deserialize)]
pub(crate) struct Lacking {
    pub(crate) missing_images: Vec<ImageKey>,
    pub(crate) missing_jobs: Vec<MissingJob>,
}

/// A job that the server has neither finished nor unfinished.
#[derive(Debug, Deserialize)]
pub(crate) struct MissingJob {
    pub(crate) image: ImageKey,
}

/// The answer to an accepted request.
#[derive(Debug, Deserialize)]
pub(crate) struct Accepted {
    /// One hash per photo, in the order of the request.
    pub(crate) images: Vec<ImageKey>,
    pub(crate) jobs: Vec<AcceptedJob>,
}

/// A job of an accepted request.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct AcceptedJob {
    pub(crate) image: ImageKey,
    pub(crate) model: ModelName,
    pub(crate) state: JobState,
    /// Whether this request put it in line.
    pub(crate) new: bool,
}

/// The models that can be named.
#[derive(Debug, Deserialize)]
pub(crate) struct Models {
    pub(crate) models: Vec<ModelName>,
    #[serde(default)]
    pub(crate) details: BTreeMap<ModelName, ModelDetail>,
}

/// How a model is.
#[derive(Debug, Deserialize)]
pub(crate) struct ModelDetail {
    #[serde(default)]
    pub(crate) endpoints: Vec<String>,
    pub(crate) hold: Option<Words>,
    pub(crate) queued: u64,
    pub(crate) waiting: u64,
    pub(crate) running: u64,
    pub(crate) failed: u64,
}

/// A reason.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Words {
    pub(crate) message: String,
}

/// All queues, and who works on them.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Queues {
    pub(crate) models: Vec<Queue>,
    #[serde(default)]
    pub(crate) dispatchers: Vec<Dispatcher>,
    pub(crate) at: UnixMillis,
}

/// One model's queue.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Queue {
    pub(crate) model: ModelName,
    pub(crate) queued: QueuedJobs,
    pub(crate) waiting: u64,
    pub(crate) running: u64,
    pub(crate) failed: u64,
    pub(crate) hold: Option<Words>,
    pub(crate) rate_per_second: Option<f64>,
    pub(crate) oldest_queued_at: Option<UnixMillis>,
    #[serde(default)]
    pub(crate) endpoints: Vec<Endpoint>,
}

/// The jobs in line, by priority.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct QueuedJobs {
    high: u64,
    normal: u64,
    low: u64,
}

impl QueuedJobs {
    /// All of them.
    pub(crate) const fn sum(self) -> u64 {
        self.high + self.normal + self.low
    }
}

/// One address of a model.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Endpoint {
    pub(crate) url: String,
    pub(crate) state: String,
    pub(crate) reason: Option<String>,
}

/// A dispatcher that is alive.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Dispatcher {
    pub(crate) host: String,
    pub(crate) pid: u32,
    pub(crate) in_flight: u64,
    #[serde(default)]
    pub(crate) stopping: bool,
}

/// The jobs that failed, newest first.
#[derive(Debug, Deserialize)]
pub(crate) struct Failures {
    pub(crate) groups: Vec<FailureGroup>,
    #[serde(default)]
    pub(crate) truncated: bool,
}

/// Failed jobs of one model with one reason.
#[derive(Debug, Deserialize)]
pub(crate) struct FailureGroup {
    pub(crate) model: ModelName,
    pub(crate) reason: String,
    pub(crate) count: u64,
    pub(crate) latest_at: UnixMillis,
    #[serde(default)]
    pub(crate) images: Vec<ImageKey>,
}

/// What became of jobs that were to be cancelled.
#[derive(Debug, Deserialize)]
pub(crate) struct Cancelled {
    pub(crate) jobs: Vec<CancelledJob>,
    /// How many more are in line or wait, at most, if all of a model's jobs were meant.
    pub(crate) remaining: Option<u64>,
}

/// What became of one of them.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct CancelledJob {
    pub(crate) image: ImageKey,
    pub(crate) model: ModelName,
    pub(crate) state: Value,
}

/// How many failed jobs were queued again.
#[derive(Debug, Deserialize)]
pub(super) struct Requeued {
    pub(super) requeued: u64,
}
