//! One struct per section of the file. The defaults stand here and, with reasons, in
//! `photo.sample.toml`.

mod callbacks;
mod model;
mod photoctl;

use std::time::Duration;

use bytesize::ByteSize;
use serde::{Deserialize, Serialize};

use photo_core::job::PriorityWeights;
use photo_core::ports::ImageLimits;

pub use self::callbacks::{AllowedHost, CallbacksConfig, InvalidHost, WebhookSecret};
pub use self::model::{ModelConfig, ModelSettings, Protocol};
pub use self::photoctl::PhotoctlConfig;
use crate::values::{AllowedOrigin, ImagesUrl, Retention, Secret, StoreUrl};

/// `[api]`: the HTTP server for clients.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApiConfig {
    /// Address and port to listen on.
    pub listen: String,
    /// The most bytes one photo may have.
    pub max_image_bytes: ByteSize,
    /// The most pixels one photo may have, by its header.
    pub max_pixels: u64,
    /// The most photos in one request.
    pub max_images: usize,
    /// The most jobs (photos times models) in one request.
    pub max_jobs: usize,
    /// The most uploads that are received at the same time.
    pub max_uploads: usize,
    /// The most bytes of photos on their way in, over all uploads.
    pub max_spool_bytes: ByteSize,
    /// An upload of which less than this arrives in a second is cut off.
    pub min_upload_rate: ByteSize,
    /// A client that takes less than this of its answer in a second is cut off.
    pub min_download_rate: ByteSize,
    /// Over how long these rates are measured.
    #[serde(with = "humantime_serde")]
    pub upload_patience: Duration,
    /// The most clients that wait to be told something, each on a connection of its own.
    pub max_streams: usize,
    /// What model services must send in the header `api_key` to announce themselves.
    pub register_key: Option<Secret>,
    /// Whose web pages may use the server, beside its own page.
    pub allowed_origins: Vec<AllowedOrigin>,
    /// The names by which requests may call the server (`Host`), beside those that name loopback.
    pub allowed_hosts: Vec<AllowedHost>,
}

impl Default for ApiConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:5000".to_owned(),
            max_image_bytes: ByteSize::mib(100),
            max_pixels: 500_000_000,
            max_images: 1_000,
            max_jobs: 10_000,
            max_uploads: 256,
            max_spool_bytes: ByteSize::gib(16),
            min_upload_rate: ByteSize::kib(1),
            min_download_rate: ByteSize::kib(10),
            upload_patience: Duration::from_secs(30),
            max_streams: 10_000,
            register_key: None,
            allowed_origins: Vec::new(),
            allowed_hosts: Vec::new(),
        }
    }
}

impl ApiConfig {
    /// What a photo may be at most.
    pub fn image_limits(&self) -> ImageLimits {
        ImageLimits { max_bytes: self.max_image_bytes.as_u64(), max_pixels: self.max_pixels }
    }
}

/// `[store]`: where jobs live.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreConfig {
    /// `redis://…`, `redis-sentinel://…` or `sqlite:<file>`.
    pub url: StoreUrl,
    /// What every key in Redis begins with, so that several systems can share one.
    pub prefix: StorePrefix,
    /// How long finished jobs and their results are kept.
    #[serde(with = "humantime_serde")]
    pub retention: Duration,
    /// How many dispatchers may die holding a job before the job is given up.
    pub max_crashes: u8,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            url: StoreUrl::Redis("redis://localhost:6379".to_owned()),
            prefix: StorePrefix::default(),
            retention: Duration::from_hours(30 * 24),
            max_crashes: 5,
        }
    }
}

/// A prefix for keys: 1 to 64 of `a-z A-Z 0-9 _ . -`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StorePrefix(String);

impl StorePrefix {
    /// The prefix as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for StorePrefix {
    fn default() -> Self {
        Self("photo".to_owned())
    }
}

impl TryFrom<String> for StorePrefix {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let safe = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
        if (1..=64).contains(&text.len()) && text.bytes().all(safe) {
            Ok(Self(text))
        } else {
            Err("a prefix is 1 to 64 of the characters A-Z a-z 0-9 _ . -")
        }
    }
}

impl From<StorePrefix> for String {
    fn from(prefix: StorePrefix) -> Self {
        prefix.0
    }
}

/// `[images]`: where photos live.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImagesConfig {
    /// `file:<folder>`.
    pub url: ImagesUrl,
    /// How long a photo is kept after its last job ended.
    pub retention: Retention,
    /// How long an image's record, and with it every result, is kept after its last job ended.
    pub record_retention: Retention,
    /// How many bytes of photos are read in a second, again and again, to find those that the disk
    /// has damaged. None if it is 0.
    pub verify_bytes_per_second: ByteSize,
}

impl Default for ImagesConfig {
    fn default() -> Self {
        Self {
            url: ImagesUrl::File("data/images".into()),
            retention: Retention::Forever,
            record_retention: Retention::Forever,
            verify_bytes_per_second: ByteSize::mb(20),
        }
    }
}

/// `[dispatcher]`: the program that takes jobs to the models.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DispatcherConfig {
    /// Address and port to tell the dispatcher's health on, if it is to be told.
    pub listen: Option<String>,
    /// How long a job stays with a dispatcher that has fallen silent.
    #[serde(with = "humantime_serde")]
    pub lease: Duration,
    /// How long a dispatcher that is told to stop waits for the answers under way.
    #[serde(with = "humantime_serde")]
    pub drain: Duration,
    /// The most jobs one dispatcher has under way, over all models.
    pub max_in_flight: u32,
    /// How high, normal and low share each model while all of them have jobs queued.
    pub priority_weights: PriorityWeights,
}

impl Default for DispatcherConfig {
    fn default() -> Self {
        Self {
            listen: None,
            lease: Duration::from_secs(15),
            drain: Duration::from_secs(30),
            max_in_flight: 256,
            priority_weights: PriorityWeights::default(),
        }
    }
}

/// `[model_defaults]`: what holds for every model that does not say otherwise.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelDefaults {
    /// The host of model services that are known by their port only.
    pub host: String,
    /// How photos reach the service.
    pub protocol: Protocol,
    /// The most requests at once, over all dispatchers.
    pub concurrency: u32,
    /// How long one prediction may take.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// How many attempts may fail before the job does.
    pub max_attempts: u32,
    /// The most unfinished jobs before uploads are turned away with 429.
    pub max_queued: u64,
    /// The most bytes of one answer.
    pub max_answer_bytes: ByteSize,
    /// After how much silence an endpoint that announced itself is gone.
    #[serde(with = "humantime_serde")]
    pub silence: Duration,
}

impl Default for ModelDefaults {
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            protocol: Protocol::Auto,
            concurrency: 4,
            timeout: Duration::from_mins(1),
            max_attempts: 5,
            max_queued: 1_000_000,
            max_answer_bytes: ByteSize::mib(4),
            silence: Duration::from_secs(45),
        }
    }
}

/// `[log]`: what the programs say about their work.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// Which lines, in the syntax of `tracing-subscriber`'s `EnvFilter`.
    pub filter: String,
    /// For people or for programs.
    pub format: LogFormat,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { filter: "info,actix_server=warn".to_owned(), format: LogFormat::Text }
    }
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// `[standalone]`: both programs in one process.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StandaloneConfig {
    /// Whether to run the example models inside, so that there is something to ask.
    pub example_models: bool,
}

impl Default for StandaloneConfig {
    fn default() -> Self {
        Self { example_models: true }
    }
}
