//! Who is to be told when there is work, and who when anything changed.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use photo_core::job::{Change, DispatcherId, Wake};
use photo_core::{ImageKey, JobId, ModelName, UnixMillis};
use tokio::sync::mpsc;

use crate::hints::{UNREAD_CHANGES, pass_on};

/// How many wake-ups may wait for one dispatcher; more are dropped, since it is awake already.
const UNREAD: usize = 1024;

/// Something that happened, of which others may have to hear once it is committed.
#[derive(Debug)]
pub(crate) enum StoreEvent {
    /// A dispatcher got less than it wanted of a model.
    Short { model: ModelName, idle: IdleDispatcher },
    /// A dispatcher got all that it wanted of a model.
    Content { model: ModelName, dispatcher: DispatcherId },
    /// So many jobs of a model can be claimed that could not be claimed before, while so many
    /// are running.
    Work { model: ModelName, jobs: u64, running: u64 },
    /// A running job is to be cancelled.
    CancelAsked(JobId),
    /// Jobs of these images changed.
    Changed { at: UnixMillis, images: Vec<ImageKey> },
}

/// A dispatcher that could do more of a model's work.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IdleDispatcher {
    pub(crate) dispatcher: DispatcherId,
    /// The most jobs of the model that may run at once, as it said when it asked.
    pub(crate) limit: u32,
}

/// The dispatchers that listen, those among them that are idle, and those who follow all jobs.
#[derive(Debug, Default)]
pub(crate) struct Wakes(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    listeners: HashMap<DispatcherId, mpsc::Sender<Wake>>,
    /// By model, the longest idle first.
    idle: HashMap<ModelName, VecDeque<IdleDispatcher>>,
    followers: Vec<mpsc::Sender<Change>>,
}

impl Wakes {
    /// Wake-ups for one dispatcher from now on, in place of any earlier receiver of its.
    pub(crate) fn wakes(&self, dispatcher: DispatcherId) -> mpsc::Receiver<Wake> {
        let (sender, receiver) = mpsc::channel(UNREAD);
        // An empty channel takes a message.
        let _ = sender.try_send(Wake::Reset);
        let mut state = self.state();
        state.listeners.retain(|_, listener| !listener.is_closed());
        state.listeners.insert(dispatcher, sender);
        receiver
    }

    /// Hints of all changes from now on.
    pub(crate) fn changes(&self) -> mpsc::Receiver<Change> {
        let (sender, receiver) = mpsc::channel(UNREAD_CHANGES);
        pass_on(&sender, Change::Reset, &Change::Reset);
        self.state().followers.push(sender);
        receiver
    }

    /// Tells everybody what they have to hear of these events.
    pub(crate) fn tell(&self, events: Vec<StoreEvent>) {
        if events.is_empty() {
            return;
        }
        let mut state = self.state();
        for event in events {
            match event {
                StoreEvent::Short { model, idle } => {
                    let line = state.idle.entry(model).or_default();
                    line.retain(|other| other.dispatcher != idle.dispatcher);
                    line.push_back(idle);
                }
                StoreEvent::Content { model, dispatcher } => {
                    if let Some(line) = state.idle.get_mut(&model) {
                        line.retain(|other| other.dispatcher != dispatcher);
                    }
                }
                StoreEvent::Work { model, jobs, running } => state.wake(&model, jobs, running),
                StoreEvent::CancelAsked(id) => {
                    for listener in state.listeners.values() {
                        let _ = listener.try_send(Wake::CancelAsked(id.clone()));
                    }
                }
                StoreEvent::Changed { at, images } => {
                    state.followers.retain(|follower| !follower.is_closed());
                    for follower in &state.followers {
                        let change = Change::Images { at, images: images.clone() };
                        pass_on(follower, change, &Change::Reset);
                    }
                }
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whatever a panic left half done, hints are hints.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Wakes as many idle dispatchers as there are jobs for them under the model's limit.
    fn wake(&mut self, model: &ModelName, jobs: u64, running: u64) {
        let Some(line) = self.idle.get_mut(model) else { return };
        let mut woken = 0;
        line.retain(|idle| {
            if woken >= jobs || running + woken >= u64::from(idle.limit) {
                return true;
            }
            let listener = self.listeners.get(&idle.dispatcher);
            match listener.map(|listener| listener.try_send(Wake::Work(model.clone()))) {
                // With that much unread it will come of its own accord, like one just woken.
                Some(Ok(()) | Err(mpsc::error::TrySendError::Full(_))) => woken += 1,
                // Gone: somebody else has to do it.
                Some(Err(mpsc::error::TrySendError::Closed(_))) | None => {}
            }
            false
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> ModelName {
        "m".parse().unwrap()
    }

    fn idle(wakes: &Wakes, limit: u32) -> mpsc::Receiver<Wake> {
        let dispatcher = DispatcherId::random();
        let mut receiver = wakes.wakes(dispatcher);
        assert_eq!(receiver.try_recv(), Ok(Wake::Reset));
        wakes.tell(vec![StoreEvent::Short {
            model: model(),
            idle: IdleDispatcher { dispatcher, limit },
        }]);
        receiver
    }

    fn work(wakes: &Wakes, jobs: u64, running: u64) {
        wakes.tell(vec![StoreEvent::Work { model: model(), jobs, running }]);
    }

    #[test]
    fn whoever_is_gone_swallows_no_wake_up() {
        let wakes = Wakes::default();
        drop(idle(&wakes, 9));
        let mut receiver = idle(&wakes, 9);
        work(&wakes, 1, 0);
        assert_eq!(receiver.try_recv(), Ok(Wake::Work(model())));
    }

    #[test]
    fn nobody_is_woken_for_jobs_beyond_the_limit() {
        let wakes = Wakes::default();
        let mut receivers = [idle(&wakes, 3), idle(&wakes, 3), idle(&wakes, 3)];
        work(&wakes, 10, 3);
        work(&wakes, 10, 1);
        let told = receivers.each_mut().map(|receiver| receiver.try_recv().is_ok());
        assert_eq!(told, [true, true, false]);
        work(&wakes, 10, 2);
        assert!(receivers[2].try_recv().is_ok());
    }

    #[test]
    fn a_dispatcher_that_does_not_read_costs_nothing_more() {
        let wakes = Wakes::default();
        let id = JobId::new(ImageKey::from_bytes([1; 16]), model());
        let mut receiver = idle(&wakes, 9);
        for _ in 0..UNREAD * 2 {
            wakes.tell(vec![StoreEvent::CancelAsked(id.clone())]);
        }
        work(&wakes, 1, 0);
        assert_eq!(std::iter::from_fn(|| receiver.try_recv().ok()).count(), UNREAD);
    }
}
