//! `[photoctl]`: the command line for clients and operators.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What `photoctl` talks to, and how.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PhotoctlConfig {
    /// The server's address, `http://host:port` or `https://host:port`.
    pub server: String,
    /// How many requests with photos are sent at the same time.
    pub uploads: usize,
    /// After how long without any success a command that tries again gives up.
    #[serde(with = "humantime_serde")]
    pub give_up_after: Duration,
}

impl Default for PhotoctlConfig {
    fn default() -> Self {
        Self {
            server: "http://127.0.0.1:5000".to_owned(),
            uploads: 4,
            give_up_after: Duration::from_mins(10),
        }
    }
}
