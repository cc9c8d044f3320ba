//! What the scripts are told besides their own arguments.

use photo_core::{JobError, JobErrorKind};

use super::duration::millis;
use super::outcome::failure;
use crate::Settings;

/// The store's settings in the form the scripts take them.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) retention_ms: u64,
    pub(crate) max_crashes: u8,
    /// The outcome of a job that was given up because its dispatchers died.
    pub(crate) given_up: Vec<u8>,
}

impl Rules {
    pub(crate) fn new(settings: &Settings) -> Self {
        let max_crashes = settings.max_crashes;
        let given_up = JobError::new(
            JobErrorKind::DispatchersDied,
            format!("dispatchers died {max_crashes} times while they held this job"),
        );
        Self {
            retention_ms: millis(settings.retention).max(1),
            max_crashes,
            given_up: failure(&given_up),
        }
    }
}
