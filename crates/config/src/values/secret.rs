//! Texts that are never printed.

use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// A text that is never printed.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub struct Secret(String);

/// Digits alone are read as a number from the environment, and are as good a secret as any. No
/// message repeats what was given.
impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Given {
            Text(String),
            Number(u64),
        }
        match Given::deserialize(deserializer) {
            Ok(Given::Text(text)) if text.is_empty() => {
                Err(D::Error::custom("an empty secret protects nothing: leave the key out"))
            }
            Ok(Given::Text(text)) => Ok(Self(text)),
            Ok(Given::Number(number)) => Ok(Self(number.to_string())),
            Err(_) => Err(D::Error::custom("a secret is a text")),
        }
    }
}

impl Secret {
    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}
