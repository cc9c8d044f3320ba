//! How many may wait in this process at the same time, each on a connection of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::http::error::ApiError;

/// The places, and how many are taken.
#[derive(Debug)]
pub(crate) struct Places {
    limit: AtomicUsize,
    taken: AtomicUsize,
}

/// One place; it is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place(Arc<Places>);

impl Places {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit: AtomicUsize::new(limit), taken: AtomicUsize::new(0) }
    }

    /// Has no more than so many from now on.
    pub(crate) fn limit_to(&self, limit: usize) {
        self.limit.fetch_min(limit, Ordering::Relaxed);
    }

    /// Takes a place.
    pub(crate) fn take(self: &Arc<Self>) -> Result<Place, ApiError> {
        // Taken first and given back by the drop, so that the limit holds whoever else comes now.
        let others = self.taken.fetch_add(1, Ordering::Relaxed);
        let place = Place(Arc::clone(self));
        let limit = self.limit.load(Ordering::Relaxed);
        if others < limit { Ok(place) } else { Err(ApiError::TooManyStreams { limit }) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_whoever_had_it_has_gone() {
        let places = Arc::new(Places::new(3));
        places.limit_to(2);
        places.limit_to(5);
        let first = places.take().unwrap();
        let _second = places.take().unwrap();
        for _ in 0..3 {
            assert!(matches!(places.take(), Err(ApiError::TooManyStreams { limit: 2 })));
        }
        drop(first);
        places.take().unwrap();
    }
}
