//! How long something is kept.

use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A time such as `90days`, or `forever`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Retention {
    /// Nothing is removed.
    #[default]
    Forever,
    /// What nothing happened to for so long is removed.
    For(Duration),
}

impl From<Retention> for Option<Duration> {
    fn from(retention: Retention) -> Self {
        match retention {
            Retention::Forever => None,
            Retention::For(time) => Some(time),
        }
    }
}

impl Serialize for Retention {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Forever => serializer.serialize_str("forever"),
            Self::For(time) => humantime_serde::serialize(time, serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Retention {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "forever" {
            return Ok(Self::Forever);
        }
        let time = humantime::parse_duration(&text);
        time.map(Self::For).map_err(|error| {
            D::Error::custom(format!("expected a time such as 90days, or forever: {error}"))
        })
    }
}
