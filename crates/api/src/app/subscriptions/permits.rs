//! How many clients may wait in this process at the same time, each on a connection of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::subscription_error::SubscriptionError;

/// The permits of clients that wait: how many there are, and how many are taken.
#[derive(Debug)]
pub(crate) struct StreamPermits {
    limit: AtomicUsize,
    taken: AtomicUsize,
}

/// The permit of one client that waits; it is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct StreamPermit(Arc<StreamPermits>);

impl StreamPermits {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit: AtomicUsize::new(limit), taken: AtomicUsize::new(0) }
    }

    /// Lowers the limit to `limit`, if it is higher.
    pub(crate) fn limit_to(&self, limit: usize) {
        self.limit.fetch_min(limit, Ordering::Relaxed);
    }

    /// Takes a permit, if one is left.
    pub(crate) fn take(self: &Arc<Self>) -> Result<StreamPermit, SubscriptionError> {
        // Taken first and given back by the drop, so that the limit holds when several come at
        // once.
        let others = self.taken.fetch_add(1, Ordering::Relaxed);
        let permit = StreamPermit(Arc::clone(self));
        let limit = self.limit.load(Ordering::Relaxed);
        if others < limit { Ok(permit) } else { Err(SubscriptionError::TooManyStreams { limit }) }
    }
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_whoever_had_it_has_gone() {
        let permits = Arc::new(StreamPermits::new(3));
        permits.limit_to(2);
        permits.limit_to(5);
        let first = permits.take().unwrap();
        let _second = permits.take().unwrap();
        for _ in 0..3 {
            assert!(matches!(permits.take(), Err(SubscriptionError::TooManyStreams { limit: 2 })));
        }
        drop(first);
        permits.take().unwrap();
    }
}
