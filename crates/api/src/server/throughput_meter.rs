//! Measures how fast a client reads its answers. Only the time in which the server waits for the
//! client counts: that there is nothing to read yet is not the client's fault.

use std::time::Duration;

use tokio::time::Instant;

/// What was measured in this span of time, which is over once the server has waited for so long.
#[derive(Debug)]
pub(crate) struct ThroughputMeter {
    span: Duration,
    /// In bytes a second.
    rate: u64,
    waiting_since: Option<Instant>,
    waited: Duration,
    taken: u64,
}

impl ThroughputMeter {
    /// Nothing measured yet. A client is slow that reads fewer than `rate` bytes a second over
    /// `span`.
    pub(crate) fn new(span: Duration, rate: u64) -> Self {
        Self { span, rate, waiting_since: None, waited: Duration::ZERO, taken: 0 }
    }

    /// Notes that the client does not take what there is; returns since when, and whether the
    /// client has been slow over the span that is over now.
    pub(crate) fn wait(&mut self, now: Instant) -> (Instant, bool) {
        if let Some(since) = self.waiting_since {
            return (since, false);
        }
        self.waiting_since = Some(now);
        // Decided only here, where all is counted that the client had made room for.
        let span_is_over = self.waited >= self.span;
        let worth = u128::from(self.taken) * 1_000;
        let is_slow = span_is_over && worth < u128::from(self.rate) * self.waited.as_millis();
        if span_is_over {
            self.waited = Duration::ZERO;
        }
        // The client may not have read what the kernel takes before the first wait.
        if self.waited.is_zero() {
            self.taken = 0;
        }
        (now, is_slow)
    }

    /// Notes that the client took so many bytes.
    pub(crate) fn take(&mut self, now: Instant, bytes: usize) {
        if let Some(since) = self.waiting_since.take() {
            self.waited += now.saturating_duration_since(since);
        }
        self.taken += bytes as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Duration = Duration::from_secs(30);

    /// How long it takes until a reader is found slow that takes `bytes` every `seconds`, after it
    /// has taken `first`; `None` if that does not happen in an hour.
    fn slow_after(first: usize, bytes: usize, seconds: u64) -> Option<u64> {
        let mut meter = ThroughputMeter::new(SPAN, 1024);
        let (start, mut waited) = (Instant::now(), 0);
        meter.take(start, first);
        while waited < 3_600 {
            if meter.wait(start + Duration::from_secs(waited)).1 {
                return Some(waited);
            }
            waited += seconds;
            meter.take(start + Duration::from_secs(waited), bytes / 2);
            meter.take(start + Duration::from_secs(waited), bytes / 2);
        }
        None
    }

    #[test]
    fn a_reader_is_slow_that_takes_less_than_the_rate_over_a_span() {
        assert_eq!(slow_after(0, 1000, 1), Some(30));
        assert_eq!(slow_after(0, 1024, 1), None);
        assert_eq!(slow_after(0, 7 * 1024, 7), None);
        assert_eq!(slow_after(0, 7 * 1000, 7), Some(35));
    }

    #[test]
    fn what_the_kernel_took_at_first_excuses_nothing() {
        assert_eq!(slow_after(1 << 20, 1000, 1), Some(30));
    }

    #[test]
    fn time_in_which_there_is_nothing_to_take_does_not_count() {
        let mut meter = ThroughputMeter::new(SPAN, 1024);
        let start = Instant::now();
        for hour in 0..20 {
            let now = start + Duration::from_hours(hour);
            assert!(!meter.wait(now).1);
            meter.take(now + Duration::from_secs(1), 1024);
        }
    }

    #[test]
    fn a_reader_that_was_fast_may_not_become_slow() {
        let mut meter = ThroughputMeter::new(SPAN, 1024);
        let start = Instant::now();
        meter.wait(start);
        meter.take(start + SPAN, 1 << 30);
        assert!(!meter.wait(start + SPAN).1);
        meter.take(start + SPAN * 2, 1000);
        assert!(meter.wait(start + SPAN * 2).1);
    }
}
