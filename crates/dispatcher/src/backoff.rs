//! How long to wait before trying again.

use std::time::Duration;

/// `base` doubled `times` times, and `cap` at most.
pub fn doubled(base: Duration, cap: Duration, times: u32) -> Duration {
    base.saturating_mul(2_u32.saturating_pow(times)).min(cap)
}

/// Any time up to `base` doubled `times` times or `cap`, so that jobs that failed together do not
/// come back together.
pub fn full_jitter(base: Duration, cap: Duration, times: u32) -> Duration {
    rand::random_range(Duration::ZERO..=doubled(base, cap, times))
}

/// `time` give or take 30 %, so that dispatchers started together do not stay in step.
pub fn about(time: Duration) -> Duration {
    time.mul_f64(rand::random_range(0.7..=1.3))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BASE: Duration = Duration::from_secs(1);
    const CAP: Duration = Duration::from_mins(5);

    #[test]
    fn the_wait_doubles_up_to_the_cap() {
        let waits: Vec<u64> = (0..10).map(|n| doubled(BASE, CAP, n).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
        assert_eq!(doubled(BASE, CAP, u32::MAX), CAP);
    }

    #[test]
    fn full_jitter_uses_the_whole_range() {
        let waits: Vec<Duration> = (0..200).map(|_| full_jitter(BASE, CAP, 3)).collect();
        assert!(waits.iter().any(|wait| *wait < Duration::from_secs(2)));
        assert!(waits.iter().any(|wait| *wait > Duration::from_secs(6)));
    }

    proptest! {
        #[test]
        fn no_wait_is_longer_than_its_ceiling(times: u32, base in 0_u64..10_000) {
            let base = Duration::from_millis(base);
            prop_assert!(full_jitter(base, CAP, times) <= doubled(base, CAP, times));
            prop_assert!(about(base) >= base.mul_f64(0.69) && about(base) <= base.mul_f64(1.31));
        }
    }
}
