//! One job's slot with its model's worker.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// One job's place in its model worker, from the claim until its outcome is on its way to the
/// store; given back when dropped.
#[derive(Debug)]
pub struct Slot {
    in_flight: Arc<AtomicU32>,
    taken: bool,
}

impl Slot {
    /// Takes a place among those counted in `in_flight`.
    pub fn new(in_flight: Arc<AtomicU32>) -> Self {
        let mut slot = Self { in_flight, taken: false };
        slot.retake();
        slot
    }

    /// Gives the place back.
    pub fn release(&mut self) {
        if std::mem::replace(&mut self.taken, false) {
            self.in_flight.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Takes the place again.
    pub fn retake(&mut self) {
        if !std::mem::replace(&mut self.taken, true) {
            self.in_flight.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.release();
    }
}
