//! The calls under way at one model, and whether there were ever too many.
//!
//! A limit on calls holds for dispatchers that live. The calls of one that is frozen go on while
//! its leases run out, and those of one that was killed end when the model notices; such calls
//! are in doubt, and what exceeds the limit only with them is counted apart.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The calls at one model.
#[derive(Debug)]
pub struct Calls {
    limit: usize,
    timeout: Duration,
    state: Mutex<State>,
}

/// What was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallCounts {
    /// Calls begun.
    pub begun: u64,
    /// The most at once, without those in doubt.
    pub most: usize,
    /// Calls that were too many even so.
    pub too_many: u64,
    /// Calls that were too many only together with those in doubt.
    pub excused: u64,
}

#[derive(Debug, Default)]
struct State {
    running: HashMap<u64, Running>,
    /// Until when whatever a dispatcher begins is in doubt.
    doubted: HashMap<usize, Instant>,
    counts: CallCounts,
}

#[derive(Debug)]
struct Running {
    dispatcher: usize,
    began: Instant,
    in_doubt: bool,
}

/// One call; over when dropped.
#[derive(Debug)]
pub struct Call {
    calls: Arc<Calls>,
    serial: u64,
}

impl Calls {
    /// None yet. Of dispatchers that live there may be `limit` at once, and none waits longer
    /// than `timeout` for an answer.
    pub fn new(limit: usize, timeout: Duration) -> Self {
        Self { limit, timeout, state: Mutex::default() }
    }

    /// A dispatcher calls.
    pub fn begin(self: &Arc<Self>, dispatcher: usize) -> Call {
        let now = Instant::now();
        let mut state = self.lock();
        let serial = state.counts.begun;
        state.counts.begun += 1;
        let in_doubt = state.doubted.get(&dispatcher).is_some_and(|until| now < *until);
        state.running.insert(serial, Running { dispatcher, began: now, in_doubt });
        // A caller whose patience is over may have gone without having been heard to hang up.
        let patience = self.timeout.mul_f64(0.9);
        let is_sure = |call: &&Running| !call.in_doubt && now - call.began < patience;
        let sure = state.running.values().filter(is_sure).count();
        state.counts.most = state.counts.most.max(sure);
        if sure > self.limit {
            state.counts.too_many += 1;
        } else if state.running.len() > self.limit {
            state.counts.excused += 1;
        }
        drop(state);
        Call { calls: Arc::clone(self), serial }
    }

    /// Puts a dispatcher's calls in doubt: those under way, and those that it begins within
    /// `time`.
    pub fn doubt(&self, dispatcher: usize, time: Duration) {
        let mut state = self.lock();
        state.doubted.insert(dispatcher, Instant::now() + time);
        for call in state.running.values_mut().filter(|call| call.dispatcher == dispatcher) {
            call.in_doubt = true;
        }
    }

    /// What was counted so far.
    pub fn counts(&self) -> CallCounts {
        self.lock().counts
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.calls.lock().running.remove(&self.serial);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_hours(1);

    #[test]
    fn one_call_more_than_the_limit_is_noticed() {
        let calls = Arc::new(Calls::new(2, TIMEOUT));
        let first = calls.begin(0);
        let _second = calls.begin(1);
        drop(first);
        let _third = calls.begin(2);
        assert_eq!((calls.counts().most, calls.counts().too_many), (2, 0));
        let _fourth = calls.begin(0);
        assert_eq!((calls.counts().most, calls.counts().too_many), (3, 1));
    }

    #[test]
    fn calls_of_a_doubted_dispatcher_excuse_too_many() {
        let calls = Arc::new(Calls::new(1, TIMEOUT));
        let _of_frozen = calls.begin(0);
        calls.doubt(0, TIMEOUT);
        let _of_other = calls.begin(1);
        let _of_frozen_again = calls.begin(0);
        let counts = calls.counts();
        assert_eq!((counts.most, counts.too_many, counts.excused), (1, 0, 2));
    }

    #[test]
    fn a_call_that_nobody_can_be_waiting_for_excuses_too_many() {
        let calls = Arc::new(Calls::new(1, Duration::ZERO));
        let _old = calls.begin(0);
        let _new = calls.begin(0);
        assert_eq!((calls.counts().too_many, calls.counts().excused), (0, 1));
    }
}
