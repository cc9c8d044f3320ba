//! How long one request may wait for the job store, over all its calls.
//!
//! The store gives up on a server that does not answer. A server that answers, but slowly, would
//! keep a request of many calls waiting for as long as all of them take together.

use std::time::{Duration, Instant};

use photo_core::ports::StoreError;

/// Longer than the store waits for one answer, so that the store says itself what is wrong.
const STORE_TIMEOUT: Duration = Duration::from_secs(5);

/// What is left of one request's time to wait for the store. Other waiting does not count.
#[derive(Debug)]
pub(crate) struct StoreDeadline(Duration);

impl StoreDeadline {
    /// The deadline of a request that has not called the store yet.
    pub(crate) fn new() -> Self {
        Self(STORE_TIMEOUT)
    }

    /// Returns the store's answer, or that the store is unavailable once the time is used up; the
    /// store may then have done what it was asked to all the same.
    pub(crate) async fn wait<T>(
        &mut self,
        answer: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let asked = Instant::now();
        let answer = tokio::time::timeout(self.0, answer).await;
        self.0 = self.0.saturating_sub(asked.elapsed());
        answer.unwrap_or_else(|_| {
            let seconds = STORE_TIMEOUT.as_secs();
            Err(StoreError::unavailable(format!("its answers took more than {seconds} s together")))
        })
    }
}
