//! How fast a client takes its answers. Only the time in which it is waited for counts: that there is
//! nothing to take yet is not its fault.

use std::time::Duration;

use tokio::time::Instant;

/// What was measured in this span of time, which is over when the client was waited for so long.
#[derive(Debug)]
pub(crate) struct Reading {
    span: Duration,
    /// In bytes a second.
    rate: u64,
    waiting_since: Option<Instant>,
    waited: Duration,
    taken: u64,
}

impl Reading {
    /// Nothing measured yet. Slow is who takes less than `rate` bytes a second over `span`.
    pub(crate) fn new(span: Duration, rate: u64) -> Self {
        Self { span, rate, waiting_since: None, waited: Duration::ZERO, taken: 0 }
    }

    /// There is something that the client does not take now. Answers since when, and whether it has
    /// been slow over the span that is over now.
    pub(crate) fn wait(&mut self, now: Instant) -> (Instant, bool) {
        if let Some(since) = self.waiting_since {
            return (since, false);
        }
        self.waiting_since = Some(now);
        // Judged only here, where all is counted that it had made room for.
        let span_is_over = self.waited >= self.span;
        let worth = u128::from(self.taken) * 1_000;
        let is_slow = span_is_over && worth < u128::from(self.rate) * self.waited.as_millis();
        if span_is_over {
            self.waited = Duration::ZERO;
        }
        // What the kernel takes before the first wait nobody may have read.
        if self.waited.is_zero() {
            self.taken = 0;
        }
        (now, is_slow)
    }

    /// The client took something.
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
        let mut reading = Reading::new(SPAN, 1024);
        let (start, mut waited) = (Instant::now(), 0);
        reading.take(start, first);
        while waited < 3_600 {
            if reading.wait(start + Duration::from_secs(waited)).1 {
                return Some(waited);
            }
            waited += seconds;
            reading.take(start + Duration::from_secs(waited), bytes / 2);
            reading.take(start + Duration::from_secs(waited), bytes / 2);
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
        let mut reading = Reading::new(SPAN, 1024);
        let start = Instant::now();
        for hour in 0..20 {
            let now = start + Duration::from_hours(hour);
            assert!(!reading.wait(now).1);
            reading.take(now + Duration::from_secs(1), 1024);
        }
    }

    #[test]
    fn a_reader_that_was_fast_may_not_become_slow() {
        let mut reading = Reading::new(SPAN, 1024);
        let start = Instant::now();
        reading.wait(start);
        reading.take(start + SPAN, 1 << 30);
        assert!(!reading.wait(start + SPAN).1);
        reading.take(start + SPAN * 2, 1000);
        assert!(reading.wait(start + SPAN * 2).1);
    }
}
