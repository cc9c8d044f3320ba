//! Durations as the scripts take them.

use std::time::Duration;

/// A duration in whole milliseconds, rounded up so that only zero is zero, and at most a century
/// or so, so that it can be added to any date.
pub(crate) fn millis(duration: Duration) -> u64 {
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
