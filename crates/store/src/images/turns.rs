//! Turns at the processor.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// So many turns at a time; who began first comes first.
///
/// In a queue all photos would advance in step, a block at a time, end together, and wait for the disk
/// together while there is nothing to hash. Here a photo that has begun is soon over, as far as its
/// client keeps up, and is written while the next one is hashed.
pub(super) struct Turns(Mutex<State>);

struct State {
    free: usize,
    entered: u64,
    /// Who waits, by its number.
    waiting: BTreeMap<u64, oneshot::Sender<Turn>>,
}

/// Takes turns for one photo, one at a time.
pub(super) struct Entrant {
    turns: Arc<Turns>,
    number: u64,
}

/// A turn; over when it is dropped.
pub(super) struct Turn(Arc<Turns>);

impl Turns {
    pub(super) fn new(at_a_time: usize) -> Self {
        Self(Mutex::new(State { free: at_a_time, entered: 0, waiting: BTreeMap::new() }))
    }

    /// Behind all who entered before.
    pub(super) fn enter(self: &Arc<Self>) -> Entrant {
        let mut state = self.lock();
        state.entered += 1;
        Entrant { turns: Arc::clone(self), number: state.entered }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic happens under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entrant {
    /// Waits for a turn.
    pub(super) async fn turn(&mut self) -> Turn {
        loop {
            let waiting = {
                let mut state = self.turns.lock();
                if let Some(others) = state.free.checked_sub(1) {
                    state.free = others;
                    return Turn(Arc::clone(&self.turns));
                }
                let (sender, waiting) = oneshot::channel();
                state.waiting.insert(self.number, sender);
                waiting
            };
            // Always: nobody else takes its sender away.
            if let Ok(turn) = waiting.await {
                return turn;
            }
        }
    }
}

impl Drop for Entrant {
    fn drop(&mut self) {
        self.turns.lock().waiting.remove(&self.number);
    }
}

impl Drop for Turn {
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
            let _ = next.send(Turn(Arc::clone(&self.0)));
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn who_began_first_comes_first() {
        let turns = Arc::new(Turns::new(1));
        let [mut first, mut second, mut third] = [(); 3].map(|()| turns.enter());
        let held = second.turn().now_or_never().unwrap();
        let mut thirds = Box::pin(third.turn());
        let mut firsts = Box::pin(first.turn());
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
        let turns = Arc::new(Turns::new(2));
        let [mut one, mut other, mut gone, mut told, mut last] = [(); 5].map(|()| turns.enter());
        let held = [one.turn().now_or_never().unwrap(), other.turn().now_or_never().unwrap()];
        assert!(gone.turn().now_or_never().is_none());
        drop(gone);
        let mut tolds = Box::pin(told.turn());
        assert!(tolds.as_mut().now_or_never().is_none());
        assert!(last.turn().now_or_never().is_none(), "given up, though it has not left");
        drop(held);
        // It has a turn and does not know yet.
        drop(tolds);
        let both = [one.turn().now_or_never(), last.turn().now_or_never()];
        assert!(both.iter().all(Option::is_some));
        assert!(told.turn().now_or_never().is_none());
    }
}
