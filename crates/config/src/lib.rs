//! The configuration that all programs share.
//!
//! Layers, each over the one before: the defaults below, the file (`photo.toml` unless told
//! otherwise), the environment (`PHOTO_<SECTION>__<KEY>`), the flags. An unknown key stops the
//! start. `photo.sample.toml` in the repository's root is the documentation, and is tested.
//!
//! [`program`] is what all programs do at their start and end: flags, configuration file, log,
//! signals, exit code.

mod config;
pub mod program;
mod sections;
mod values;

pub use config::{Config, ConfigError};
pub use sections::{
    AllowedHost, ApiConfig, CallbacksConfig, DispatcherConfig, ImagesConfig, InvalidHost,
    LogConfig, LogFormat, ModelConfig, ModelDefaults, ModelSettings, PhotoctlConfig, Protocol,
    StandaloneConfig, StoreConfig, StorePrefix, WebhookSecret,
};
pub use values::{
    AllowedOrigin, HOST_OF_CONTAINERS, ImagesUrl, InvalidOrigin, Retention, Secret, SentinelUrl,
    ServiceUrl, StoreUrl,
};
