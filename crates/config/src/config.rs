//! Everything that can be configured, read in layers.

mod environment;
mod explanation;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use figment::Figment;
use figment::providers::{Format, Serialized, Toml};
use serde::{Deserialize, Serialize};

use photo_core::ModelName;

use self::explanation::explain;
use crate::sections::{
    ApiConfig, CallbacksConfig, DispatcherConfig, ImagesConfig, LogConfig, ModelConfig,
    ModelDefaults, ModelSettings, PhotoctlConfig, StandaloneConfig, StoreConfig,
};
use crate::values::{Retention, ServiceUrl};

/// Everything that can be configured.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The HTTP server for clients.
    pub api: ApiConfig,
    /// Who may be told once an image is finished.
    pub callbacks: CallbacksConfig,
    /// Where jobs live.
    pub store: StoreConfig,
    /// Where photos live.
    pub images: ImagesConfig,
    /// The program that takes jobs to the models.
    pub dispatcher: DispatcherConfig,
    /// What holds for every model that does not say otherwise.
    pub model_defaults: ModelDefaults,
    /// The models known beforehand; others may announce themselves.
    pub models: BTreeMap<ModelName, ModelConfig>,
    /// What the programs say about their work.
    pub log: LogConfig,
    /// Both in one process.
    pub standalone: StandaloneConfig,
    /// The command line.
    pub photoctl: PhotoctlConfig,
}

/// Why the configuration cannot be used; every message names the key and where it was set.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file that was asked for is not there.
    #[error("there is no configuration file {0}; drop --config to do without one")]
    NoFile(String),
    /// A key or value is wrong.
    #[error("{0}")]
    Invalid(String),
}

impl Config {
    /// Reads the configuration: `base` over the compiled-in defaults, then `file`, the
    /// environment, and `flags`. `base` and `flags` are partial configurations.
    pub fn load(
        base: &serde_json::Value,
        file: Option<&Path>,
        flags: &serde_json::Value,
    ) -> Result<Self, ConfigError> {
        let mut figment =
            Figment::from(Serialized::defaults(Self::default())).merge(Serialized::defaults(base));
        if let Some(file) = file {
            if !file.is_file() {
                return Err(ConfigError::NoFile(file.display().to_string()));
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        environment::check(std::env::vars_os()).map_err(ConfigError::Invalid)?;
        let config: Self = figment
            .merge(environment::provider())
            .merge(Serialized::defaults(flags))
            .extract()
            .map_err(|error| ConfigError::Invalid(explain(error)))?;
        config.check().map_err(ConfigError::Invalid)?;
        Ok(config)
    }

    /// Refuses values with which nothing would ever be done.
    fn check(&self) -> Result<(), String> {
        if self.dispatcher.lease < Duration::from_secs(1) {
            return Err(
                "`dispatcher.lease` must be a second at least: it is extended three times \
                        in its length"
                    .to_owned(),
            );
        }
        if self.api.max_uploads == 0 {
            return Err("`api.max_uploads` must be 1 at least".to_owned());
        }
        if self.api.upload_patience < Duration::from_secs(1) {
            return Err("`api.upload_patience` must be a second at least".to_owned());
        }
        if self.photoctl.uploads == 0 {
            return Err("`photoctl.uploads` must be 1 at least".to_owned());
        }
        if self.dispatcher.max_in_flight == 0 {
            return Err("`dispatcher.max_in_flight` must be 1 at least".to_owned());
        }
        if let (Retention::For(records), photos) =
            (self.images.record_retention, self.images.retention)
            && Option::from(photos).is_none_or(|photos: Duration| photos > records)
        {
            return Err("`images.record_retention` must not be shorter than `images.retention`: \
                        nobody would know what a photo without a record is"
                .to_owned());
        }
        for name in self.models.keys() {
            if self.model(name).timeout.is_zero() {
                return Err(format!("`models.{name}.timeout` must not be zero"));
            }
            if let Some(port) = self.models[name].port
                && ServiceUrl::from_port(&self.model_defaults.host, port).is_err()
            {
                let host = &self.model_defaults.host;
                return Err(format!("`models.{name}`: http://{host}:{port} is no address"));
            }
        }
        if self.model_defaults.timeout.is_zero() {
            return Err("`model_defaults.timeout` must not be zero".to_owned());
        }
        Ok(())
    }

    /// What holds for one model: its own settings over the defaults. A model that announced
    /// itself and is not configured has the defaults and no URLs.
    pub fn model(&self, name: &ModelName) -> ModelSettings {
        self.models.get(name).cloned().unwrap_or_default().over(&self.model_defaults)
    }
}

#[cfg(test)]
mod tests;
