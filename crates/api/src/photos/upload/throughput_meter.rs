//! Cutting off clients that send too slowly. Only the time in which the client is waited for
//! counts: a slow disk is not its fault.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_web::error::PayloadError;
use actix_web::web;
use bytes::Bytes;
use futures_util::Stream;
use photo_core::config::ApiConfig;

/// How many times in its length a span is looked at; the first of them is what a slow client has
/// if others wait for its place.
const STEPS: u32 = 10;

/// Watches over how fast one body arrives.
pub(super) struct Pace {
    meter: Rc<Meter>,
    rate: u64,
    patience: Duration,
}

/// A body whose arrival is measured.
pub(super) struct Paced {
    body: web::Payload,
    meter: Rc<Meter>,
}

/// What was measured in this span of time.
#[derive(Debug, Default)]
struct Meter {
    bytes: Cell<u64>,
    waited: Cell<Duration>,
    waiting_since: Cell<Option<Instant>>,
}

/// Measures how this body arrives.
pub(super) fn measure(body: web::Payload, config: &ApiConfig) -> (Paced, Pace) {
    let meter = Rc::new(Meter::default());
    let (rate, patience) = (config.min_upload_rate.as_u64(), config.upload_patience);
    (Paced { body, meter: Rc::clone(&meter) }, Pace { meter, rate, patience })
}

impl Pace {
    /// Ends when the client has been too slow: over the whole span or, if `others_wait`, so far.
    pub(super) async fn too_slow(&self, others_wait: impl Fn() -> bool) {
        loop {
            tokio::time::sleep(self.patience / STEPS).await;
            if self.meter.is_slow(Instant::now(), self.rate, self.patience, others_wait()) {
                return;
            }
        }
    }
}

impl Meter {
    fn begin_to_wait(&self, now: Instant) {
        if self.waiting_since.get().is_none() {
            self.waiting_since.set(Some(now));
        }
    }

    fn end_to_wait(&self, now: Instant, bytes: usize) {
        self.count_wait(now);
        self.waiting_since.set(None);
        self.bytes.set(self.bytes.get() + bytes as u64);
    }

    fn count_wait(&self, now: Instant) {
        if let Some(since) = self.waiting_since.get() {
            self.waited.set(self.waited.get() + now.saturating_duration_since(since));
            self.waiting_since.set(Some(now));
        }
    }

    fn is_slow(&self, now: Instant, rate: u64, patience: Duration, others_wait: bool) -> bool {
        self.count_wait(now);
        let waited = self.waited.get();
        let span_is_over = waited >= patience;
        // The longest wait that these bytes are worth.
        let worth = u128::from(self.bytes.get()) * 1_000;
        let is_slow = worth < u128::from(rate) * waited.as_millis();
        if span_is_over {
            self.waited.set(Duration::ZERO);
            self.bytes.set(0);
        }
        is_slow && (span_is_over || (others_wait && waited >= patience / STEPS))
    }
}

impl Stream for Paced {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = Pin::new(&mut self.body).poll_next(cx);
        match &next {
            Poll::Pending => self.meter.begin_to_wait(Instant::now()),
            Poll::Ready(Some(Ok(bytes))) => self.meter.end_to_wait(Instant::now(), bytes.len()),
            Poll::Ready(_) => self.meter.end_to_wait(Instant::now(), 0),
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    /// A meter over which `bytes` came after every `wait` seconds of waiting, `times` times.
    fn meter(start: Instant, wait: u64, bytes: usize, times: u64) -> (Meter, Instant) {
        let meter = Meter::default();
        let mut now = start;
        for _ in 0..times {
            meter.begin_to_wait(now);
            now += Duration::from_secs(wait);
            meter.end_to_wait(now, bytes);
        }
        (meter, now)
    }

    #[test]
    fn a_client_that_dribbles_is_slow_once_the_span_is_over() {
        let (meter, now) = meter(Instant::now(), 2, 1, 14);
        assert!(!meter.is_slow(now, 1024, PATIENCE, false), "28 s");
        meter.begin_to_wait(now);
        assert!(meter.is_slow(now + Duration::from_secs(2), 1024, PATIENCE, false), "30 s");
    }

    #[test]
    fn with_others_waiting_it_is_slow_at_once() {
        let (meter, now) = meter(Instant::now(), 1, 1, 2);
        assert!(!meter.is_slow(now, 1024, PATIENCE, true), "2 s are too few to tell");
        meter.begin_to_wait(now);
        assert!(meter.is_slow(now + Duration::from_secs(1), 1024, PATIENCE, true));
    }

    #[test]
    fn bytes_of_an_earlier_span_do_not_excuse_silence_now() {
        let (meter, now) = meter(Instant::now(), 1, 10 << 20, 30);
        assert!(!meter.is_slow(now, 1024, PATIENCE, true));
        meter.begin_to_wait(now);
        assert!(meter.is_slow(now + PATIENCE, 1024, PATIENCE, false));
    }

    #[test]
    fn time_that_the_server_takes_does_not_count() {
        let start = Instant::now();
        let (meter, _) = meter(start, 1, 1024, 1);
        assert!(!meter.is_slow(start + PATIENCE * 2, 1024, PATIENCE, true));
    }
}
