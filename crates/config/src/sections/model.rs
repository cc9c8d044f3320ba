//! What is configured for one model: a port, a URL, or a table.

use std::fmt;
use std::time::Duration;

use bytesize::ByteSize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::ModelDefaults;
use crate::values::ServiceUrl;

/// How photos reach a model service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// As the service's `/openapi.json` says; one without it is sent both.
    #[default]
    Auto,
    /// In the request, as the file part `image_file`.
    Multipart,
    /// By name, on a volume that the service shares: `?filename=`.
    Filename,
}

/// A model as the file has it. What is missing comes from `[model_defaults]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ModelConfig {
    /// A service on this port of the default host.
    pub port: Option<u16>,
    /// A service at this address.
    pub url: Option<ServiceUrl>,
    /// Several services that share the model's work.
    pub urls: Vec<ServiceUrl>,
    /// How photos reach them.
    pub protocol: Option<Protocol>,
    /// The most requests at once, over all dispatchers.
    pub concurrency: Option<u32>,
    /// How long one prediction may take.
    #[serde(with = "humantime_serde")]
    pub timeout: Option<Duration>,
    /// How many attempts may fail before the job does.
    pub max_attempts: Option<u32>,
    /// The most unfinished jobs before uploads are turned away.
    pub max_queued: Option<u64>,
    /// The most bytes of one answer.
    pub max_answer_bytes: Option<ByteSize>,
    /// Whether services may announce themselves for it; unless this says so only for a model that
    /// has no address here.
    pub announce: Option<bool>,
}

/// What holds for a model, everything filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelSettings {
    /// Its configured services.
    pub urls: Vec<ServiceUrl>,
    /// How photos reach them.
    pub protocol: Protocol,
    /// The most requests at once, over all dispatchers; at least 1.
    pub concurrency: u32,
    /// How long one prediction may take.
    pub timeout: Duration,
    /// How many attempts may fail before the job does; at least 1.
    pub max_attempts: u32,
    /// The most unfinished jobs before uploads are turned away.
    pub max_queued: u64,
    /// The most bytes of one answer.
    pub max_answer_bytes: u64,
    /// Whether services that announce themselves for it are used.
    pub takes_announcements: bool,
}

impl ModelConfig {
    pub(crate) fn over(self, defaults: &ModelDefaults) -> ModelSettings {
        let mut urls = self.urls;
        urls.extend(self.url);
        urls.extend(self.port.and_then(|p| ServiceUrl::from_port(&defaults.host, p).ok()));
        ModelSettings {
            takes_announcements: self.announce.unwrap_or(urls.is_empty()),
            urls,
            protocol: self.protocol.unwrap_or(defaults.protocol),
            concurrency: self.concurrency.unwrap_or(defaults.concurrency).max(1),
            timeout: self.timeout.unwrap_or(defaults.timeout),
            max_attempts: self.max_attempts.unwrap_or(defaults.max_attempts).max(1),
            max_queued: self.max_queued.unwrap_or(defaults.max_queued),
            max_answer_bytes: self.max_answer_bytes.unwrap_or(defaults.max_answer_bytes).as_u64(),
        }
    }
}

/// The table form, apart from [`ModelConfig`] so that the short forms can be told from it.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct Table {
    port: Option<u16>,
    url: Option<ServiceUrl>,
    urls: Vec<ServiceUrl>,
    protocol: Option<Protocol>,
    concurrency: Option<u32>,
    #[serde(with = "humantime_serde")]
    timeout: Option<Duration>,
    max_attempts: Option<u32>,
    max_queued: Option<u64>,
    max_answer_bytes: Option<ByteSize>,
    announce: Option<bool>,
}

impl<'de> Deserialize<'de> for ModelConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyForm)
    }
}

struct AnyForm;

impl<'de> Visitor<'de> for AnyForm {
    type Value = ModelConfig;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a port, a URL, or a table such as { url = \"http://host:5005\" }")
    }

    fn visit_u64<E: Error>(self, port: u64) -> Result<ModelConfig, E> {
        let port = u16::try_from(port).map_err(|_| E::custom(format!("{port} is not a port")))?;
        Ok(ModelConfig { port: Some(port), ..ModelConfig::default() })
    }

    fn visit_i64<E: Error>(self, port: i64) -> Result<ModelConfig, E> {
        self.visit_u64(u64::try_from(port).unwrap_or(u64::MAX))
    }

    fn visit_str<E: Error>(self, url: &str) -> Result<ModelConfig, E> {
        if let Ok(port) = url.parse() {
            return self.visit_u64(port);
        }
        let url = url.parse().map_err(E::custom)?;
        Ok(ModelConfig { url: Some(url), ..ModelConfig::default() })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ModelConfig, A::Error> {
        let table = Table::deserialize(MapAccessDeserializer::new(map))?;
        Ok(ModelConfig {
            port: table.port,
            url: table.url,
            urls: table.urls,
            protocol: table.protocol,
            concurrency: table.concurrency,
            timeout: table.timeout,
            max_attempts: table.max_attempts,
            max_queued: table.max_queued,
            max_answer_bytes: table.max_answer_bytes,
            announce: table.announce,
        })
    }
}
