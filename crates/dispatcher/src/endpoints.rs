//! The endpoints of one model: which of them work, and whose turn it is.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use photo_core::config::ServiceUrl;
use photo_core::{JobError, JobErrorKind};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::service::Generation;

/// One endpoint for as long as it is known; one that goes and comes again has another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EndpointId(u64);

/// The endpoints of one model.
#[derive(Debug)]
pub struct Endpoints {
    state: Mutex<State>,
    /// Why the model's jobs cannot be done now; `None` while an endpoint works.
    trouble: watch::Sender<Option<JobError>>,
    /// Rung when an endpoint begins to work.
    ready: Arc<Notify>,
}

#[derive(Debug, Default)]
struct State {
    list: Vec<Endpoint>,
    /// Grows with every endpoint and every call.
    serial: u64,
}

#[derive(Debug)]
struct Endpoint {
    id: EndpointId,
    url: ServiceUrl,
    health: Health,
    generation: Option<Generation>,
    in_flight: u32,
    /// When it was last called, as a [`State::serial`].
    called: u64,
    /// How often it went down since it last gave a prediction.
    setbacks: u32,
    /// How many calls in a row failed, perhaps by its fault.
    failures: u32,
}

#[derive(Debug)]
enum Health {
    /// Optimistic: an endpoint is ready until it turns out that it is not.
    Ready,
    Down {
        error: JobError,
        since: Instant,
    },
}

/// One call's place at an endpoint, given back when dropped.
#[derive(Debug)]
pub struct Place {
    endpoints: Arc<Endpoints>,
    /// Which endpoint.
    pub id: EndpointId,
    /// Its address.
    pub url: ServiceUrl,
    /// Its generation, if that was found out.
    pub generation: Option<Generation>,
}

impl Endpoints {
    /// No endpoints yet. `ready` is rung when one begins to work.
    pub fn new(ready: Arc<Notify>) -> Self {
        let trouble = watch::Sender::new(Some(no_endpoint()));
        Self { state: Mutex::default(), trouble, ready }
    }

    /// Makes these the endpoints. Those known before keep their health; calls to those that are
    /// gone end by themselves.
    pub fn set(&self, urls: &[ServiceUrl]) {
        let mut state = self.lock();
        state.list.retain(|endpoint| urls.contains(&endpoint.url));
        for url in urls {
            if !state.list.iter().any(|endpoint| endpoint.url == *url) {
                state.serial += 1;
                let id = EndpointId(state.serial);
                state.list.push(Endpoint::new(id, url.clone()));
            }
        }
        self.tell(&state);
    }

    /// A place at the working endpoint with the fewest calls in flight, the one longest not
    /// called among equals, and none of `but`.
    pub fn pick(self: &Arc<Self>, but: &[EndpointId]) -> Option<Place> {
        let mut state = self.lock();
        state.serial += 1;
        let serial = state.serial;
        let usable = |e: &&mut Endpoint| matches!(e.health, Health::Ready) && !but.contains(&e.id);
        let picked =
            state.list.iter_mut().filter(usable).min_by_key(|e| (e.in_flight, e.called))?;
        picked.in_flight += 1;
        picked.called = serial;
        Some(Place {
            endpoints: Arc::clone(self),
            id: picked.id,
            url: picked.url.clone(),
            generation: picked.generation,
        })
    }

    /// Why none can be called now; `None` if one can.
    pub fn trouble(&self) -> Option<JobError> {
        self.trouble.borrow().clone()
    }

    /// Whether one can be called now.
    pub fn any_ready(&self) -> bool {
        self.trouble.borrow().is_none()
    }

    /// The same, with every change to come.
    pub fn watch_trouble(&self) -> watch::Receiver<Option<JobError>> {
        self.trouble.subscribe()
    }

    /// Takes an endpoint out of use. Answers how often that happened since its last prediction if
    /// this call did it, and `None` if it was out of use or gone before.
    pub fn set_down(&self, id: EndpointId, error: JobError) -> Option<u32> {
        let mut state = self.lock();
        let endpoint = state.get(id)?;
        if matches!(endpoint.health, Health::Down { .. }) {
            return None;
        }
        endpoint.health = Health::Down { error, since: Instant::now() };
        endpoint.setbacks += 1;
        endpoint.failures = 0;
        // What comes back at this address may be another program.
        endpoint.generation = None;
        let setbacks = endpoint.setbacks;
        self.tell(&state);
        Some(setbacks)
    }

    /// Takes an endpoint into use again; answers for how long it was down.
    pub fn set_ready(&self, id: EndpointId) -> Option<Duration> {
        let mut state = self.lock();
        let endpoint = state.get(id)?;
        let Health::Down { since, .. } = endpoint.health else { return None };
        endpoint.health = Health::Ready;
        self.tell(&state);
        Some(since.elapsed())
    }

    /// Notes the latest reason why an endpoint is down. Answers whether it still is, and known.
    pub fn still_down(&self, id: EndpointId, reason: Option<JobError>) -> bool {
        let mut state = self.lock();
        let Some(Health::Down { error, .. }) = state.get(id).map(|e| &mut e.health) else {
            return false;
        };
        if let Some(reason) = reason {
            *error = reason;
        }
        self.tell(&state);
        true
    }

    /// Says what became of the endpoints, under the lock so that the last word is the right one.
    fn tell(&self, state: &State) {
        let trouble = state.trouble();
        let was_ready = self.any_ready();
        self.trouble.send_if_modified(|known| {
            let changed = *known != trouble;
            *known = trouble;
            changed
        });
        if !was_ready && self.any_ready() {
            self.ready.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is complete before anything can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn get(&mut self, id: EndpointId) -> Option<&mut Endpoint> {
        self.list.iter_mut().find(|endpoint| endpoint.id == id)
    }

    fn trouble(&self) -> Option<JobError> {
        let mut last = no_endpoint();
        for endpoint in &self.list {
            match &endpoint.health {
                Health::Ready => return None,
                Health::Down { error, .. } => last = error.clone(),
            }
        }
        Some(last)
    }
}

impl Endpoint {
    fn new(id: EndpointId, url: ServiceUrl) -> Self {
        Self {
            id,
            url,
            health: Health::Ready,
            generation: None,
            in_flight: 0,
            called: 0,
            setbacks: 0,
            failures: 0,
        }
    }
}

impl Place {
    /// Remembers which generation the endpoint is of.
    pub fn set_generation(&mut self, generation: Generation) {
        self.generation = Some(generation);
        if let Some(endpoint) = self.endpoints.lock().get(self.id) {
            endpoint.generation = Some(generation);
        }
    }

    /// Notes that the endpoint gave a prediction.
    pub fn praise(&self) {
        if let Some(endpoint) = self.endpoints.lock().get(self.id) {
            endpoint.setbacks = 0;
            endpoint.failures = 0;
        }
    }

    /// Notes that a call failed, perhaps by the endpoint's fault; answers how many in a row did.
    pub fn blame(&self) -> u32 {
        self.endpoints.lock().get(self.id).map_or(0, |endpoint| {
            endpoint.failures = endpoint.failures.saturating_add(1);
            endpoint.failures
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(endpoint) = self.endpoints.lock().get(self.id) {
            endpoint.in_flight -= 1;
        }
    }
}

fn no_endpoint() -> JobError {
    JobError::new(JobErrorKind::Unreachable, "no service has announced itself for this model")
}

#[cfg(test)]
mod tests;
