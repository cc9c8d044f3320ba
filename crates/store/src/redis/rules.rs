//! What the scripts are told besides their own arguments.

use std::time::Duration;

use photo_core::{JobError, JobErrorKind};

use super::outcome::failure;
use crate::Settings;

/// The store's settings in the form the scripts take them.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) retention_ms: u64,
    pub(super) max_crashes: u8,
    /// The outcome of a job that was given up because its dispatchers died.
    pub(super) given_up: Vec<u8>,
}

impl Rules {
    pub(super) fn new(settings: &Settings) -> Self {
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

/// A duration in whole milliseconds, rounded up so that only zero is zero, and at most a century
/// or so, so that it can be added to any date.
pub(super) fn millis(duration: Duration) -> u64 {
    const MOST: u64 = 1 << 42;
    u64::try_from(duration.as_micros().div_ceil(1000)).unwrap_or(MOST).min(MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_no_time_at_all_is_zero_milliseconds() {
        assert_eq!(millis(Duration::ZERO), 0);
        assert_eq!(millis(Duration::from_micros(1)), 1);
        assert_eq!(millis(Duration::from_millis(15)), 15);
        assert_eq!(millis(Duration::MAX), 1 << 42);
    }
}
