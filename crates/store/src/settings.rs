//! What both job stores are told at their start.

use std::time::Duration;

use photo_config::{StoreConfig, StorePrefix};

/// Rules that every implementation of the job store follows.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What keys begin with, where several systems can share one store.
    pub prefix: StorePrefix,
    /// How long finished jobs and their outcomes are kept.
    pub retention: Duration,
    /// How many dispatchers may fall silent holding a job before it fails.
    pub max_crashes: u8,
    /// The layouts of keys in Redis that are read; others than the default only in tests.
    pub layouts: Layouts,
}

/// A range of layouts of keys in Redis, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layouts {
    /// The first.
    pub oldest: u32,
    /// The last, which keys on an empty server are given.
    pub newest: u32,
}

impl Default for Layouts {
    /// Those that this program reads.
    fn default() -> Self {
        Self { oldest: 1, newest: 1 }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::from(&StoreConfig::default())
    }
}

impl From<&StoreConfig> for Settings {
    fn from(config: &StoreConfig) -> Self {
        Self {
            prefix: config.prefix.clone(),
            retention: config.retention,
            max_crashes: config.max_crashes,
            layouts: Layouts::default(),
        }
    }
}
