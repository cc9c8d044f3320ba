//! How long one request may wait for the job store, over all its questions.
//!
//! The store gives up on a server that does not answer. One that answers, but slowly, would keep a
//! request of many questions for as long as all of them take together.

use std::time::{Duration, Instant};

use photo_core::ports::StoreError;

/// Longer than the store waits for one answer, so that it says itself what is wrong.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is left of one request's time. Waiting for anything but the store does not count.
#[derive(Debug)]
pub(crate) struct StoreTime(Duration);

impl StoreTime {
    /// The time of a request that has not asked yet.
    pub(crate) fn new() -> Self {
        Self(PATIENCE)
    }

    /// The store's answer, or that it is away if there is no more time to wait for it. It may then
    /// have done what it was asked to.
    pub(crate) async fn wait<T>(
        &mut self,
        answer: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let asked = Instant::now();
        let answer = tokio::time::timeout(self.0, answer).await;
        self.0 = self.0.saturating_sub(asked.elapsed());
        answer.unwrap_or_else(|_| {
            let seconds = PATIENCE.as_secs();
            Err(StoreError::unavailable(format!("its answers took more than {seconds} s together")))
        })
    }
}
