//! Which photo may use the processor next.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Gives out a number of permits to hash, to the photos that began first.
///
/// In a queue all photos would advance in step, a block at a time, end together, and wait for the
/// disk together while there is nothing to hash. Here a photo that has begun is soon over, as far
/// as its client keeps up, and is written while the next one is hashed.
pub(crate) struct HashScheduler(Mutex<State>);

struct State {
    free: usize,
    entered: u64,
    /// Who waits, by its number.
    waiting: BTreeMap<u64, oneshot::Sender<HashPermit>>,
}

/// The place of one photo, which takes one permit at a time.
pub(crate) struct HashTicket {
    scheduler: Arc<HashScheduler>,
    number: u64,
}

/// Leave to hash a block, given back when it is dropped.
pub(crate) struct HashPermit(Arc<HashScheduler>);

impl HashScheduler {
    pub(crate) fn new(at_a_time: usize) -> Self {
        Self(Mutex::new(State { free: at_a_time, entered: 0, waiting: BTreeMap::new() }))
    }

    /// Behind all who entered before.
    pub(crate) fn enter(self: &Arc<Self>) -> HashTicket {
        let mut state = self.lock();
        state.entered += 1;
        HashTicket { scheduler: Arc::clone(self), number: state.entered }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic happens under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HashTicket {
    /// Waits for a permit.
    pub(crate) async fn permit(&mut self) -> HashPermit {
        loop {
            let waiting = {
                let mut state = self.scheduler.lock();
                if let Some(others) = state.free.checked_sub(1) {
                    state.free = others;
                    return HashPermit(Arc::clone(&self.scheduler));
                }
                let (sender, waiting) = oneshot::channel();
                state.waiting.insert(self.number, sender);
                waiting
            };
            // Always: nobody else takes its sender away.
            if let Ok(permit) = waiting.await {
                return permit;
            }
        }
    }
}

impl Drop for HashTicket {
    fn drop(&mut self) {
        self.scheduler.lock().waiting.remove(&self.number);
    }
}

impl Drop for HashPermit {
    fn drop(&mut self) {
        let next = {
            let mut state = self.0.lock();
            let next = state.waiting.pop_first();
            if next.is_none() {
                state.free += 1;
            }
            next
        };
        if let Some((_, next)) = next {
            // One that has just stopped waiting drops it here, and so it is the next one's.
            let _ = next.send(HashPermit(Arc::clone(&self.0)));
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn who_began_first_comes_first() {
        let scheduler = Arc::new(HashScheduler::new(1));
        let [mut first, mut second, mut third] = [(); 3].map(|()| scheduler.enter());
        let held = second.permit().now_or_never().unwrap();
        let mut thirds = Box::pin(third.permit());
        let mut firsts = Box::pin(first.permit());
        assert!(thirds.as_mut().now_or_never().is_none());
        assert!(firsts.as_mut().now_or_never().is_none());
        drop(held);
        assert!(thirds.as_mut().now_or_never().is_none());
        let held = firsts.now_or_never().unwrap();
        assert!(thirds.as_mut().now_or_never().is_none());
        drop(held);
        assert!(thirds.now_or_never().is_some());
    }

    #[test]
    fn who_stops_waiting_takes_no_turn() {
        let scheduler = Arc::new(HashScheduler::new(2));
        let [mut one, mut other, mut gone, mut told, mut last] =
            [(); 5].map(|()| scheduler.enter());
        let held = [one.permit().now_or_never().unwrap(), other.permit().now_or_never().unwrap()];
        assert!(gone.permit().now_or_never().is_none());
        drop(gone);
        let mut tolds = Box::pin(told.permit());
        assert!(tolds.as_mut().now_or_never().is_none());
        assert!(last.permit().now_or_never().is_none(), "given up, though it has not left");
        drop(held);
        // It has a permit and does not know yet.
        drop(tolds);
        let both = [one.permit().now_or_never(), last.permit().now_or_never()];
        assert!(both.iter().all(Option::is_some));
        assert!(told.permit().now_or_never().is_none());
    }
}
