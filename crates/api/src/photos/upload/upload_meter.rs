//! Measures how fast an upload arrives, so that clients that send too slowly are cut off. Only the
//! time in which the server waits for the client counts: a slow disk is not the client's fault.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_web::error::PayloadError;
use actix_web::web;
use bytes::Bytes;
use futures_util::Stream;
use photo_config::ApiConfig;

/// How many times a span is checked; a slow client has until the first check if others wait for its
/// permit.
const CHECKS_PER_SPAN: u32 = 10;

/// Tells when one body has arrived too slowly.
pub(super) struct UploadMeter {
    state: Rc<MeterState>,
    rate: u64,
    patience: Duration,
}

/// A body whose arrival is measured.
pub(super) struct MeteredBody {
    body: web::Payload,
    state: Rc<MeterState>,
}

/// What was measured in this span of time.
#[derive(Debug, Default)]
struct MeterState {
    bytes: Cell<u64>,
    waited: Cell<Duration>,
    waiting_since: Cell<Option<Instant>>,
}

/// Measures how this body arrives.
pub(super) fn measure(body: web::Payload, config: &ApiConfig) -> (MeteredBody, UploadMeter) {
    let state = Rc::new(MeterState::default());
    let (rate, patience) = (config.min_upload_rate.as_u64(), config.upload_patience);
    (MeteredBody { body, state: Rc::clone(&state) }, UploadMeter { state, rate, patience })
}

impl UploadMeter {
    /// Ends when the client has been too slow: over the whole span or, if `others_wait`, so far.
    pub(super) async fn too_slow(&self, others_wait: impl Fn() -> bool) {
        loop {
            tokio::time::sleep(self.patience / CHECKS_PER_SPAN).await;
            if self.state.is_slow(Instant::now(), self.rate, self.patience, others_wait()) {
                return;
            }
        }
    }
}

impl MeterState {
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
        is_slow && (span_is_over || (others_wait && waited >= patience / CHECKS_PER_SPAN))
    }
}

impl Stream for MeteredBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = Pin::new(&mut self.body).poll_next(cx);
        match &next {
            Poll::Pending => self.state.begin_to_wait(Instant::now()),
            Poll::Ready(Some(Ok(bytes))) => self.state.end_to_wait(Instant::now(), bytes.len()),
            Poll::Ready(_) => self.state.end_to_wait(Instant::now(), 0),
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    /// A meter over which `bytes` came after every `wait` seconds of waiting, `times` times.
    fn state(start: Instant, wait: u64, bytes: usize, times: u64) -> (MeterState, Instant) {
        let state = MeterState::default();
        let mut now = start;
        for _ in 0..times {
            state.begin_to_wait(now);
            now += Duration::from_secs(wait);
            state.end_to_wait(now, bytes);
        }
        (state, now)
    }

    #[test]
    fn a_client_that_dribbles_is_slow_once_the_span_is_over() {
        let (state, now) = state(Instant::now(), 2, 1, 14);
        assert!(!state.is_slow(now, 1024, PATIENCE, false), "28 s");
        state.begin_to_wait(now);
        assert!(state.is_slow(now + Duration::from_secs(2), 1024, PATIENCE, false), "30 s");
    }

    #[test]
    fn with_others_waiting_it_is_slow_at_once() {
        let (state, now) = state(Instant::now(), 1, 1, 2);
        assert!(!state.is_slow(now, 1024, PATIENCE, true), "2 s are too few to tell");
        state.begin_to_wait(now);
        assert!(state.is_slow(now + Duration::from_secs(1), 1024, PATIENCE, true));
    }

    #[test]
    fn bytes_of_an_earlier_span_do_not_excuse_silence_now() {
        let (state, now) = state(Instant::now(), 1, 10 << 20, 30);
        assert!(!state.is_slow(now, 1024, PATIENCE, true));
        state.begin_to_wait(now);
        assert!(state.is_slow(now + PATIENCE, 1024, PATIENCE, false));
    }

    #[test]
    fn time_that_the_server_takes_does_not_count() {
        let start = Instant::now();
        let (state, _) = state(start, 1, 1024, 1);
        assert!(!state.is_slow(start + PATIENCE * 2, 1024, PATIENCE, true));
    }
}
