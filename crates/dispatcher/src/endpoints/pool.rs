//! The endpoints of one model: which of them work, and whose turn it is.

mod strays;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use photo_config::ServiceUrl;
use photo_core::job::{EndpointReport, EndpointState};
use photo_core::{ImageKey, JobError, JobErrorKind, ModelName, UnixMillis};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use self::strays::Strays;
use crate::service::Generation;

pub use self::strays::Stray;

/// How much of the reason why one is down operators are told, in characters.
const MAX_REASON: usize = 200;
/// An endpoint that could not work so often though its status was good is tried with one call at a
/// time. The first time is an outage like any other, after which all work goes on at once.
const RELAPSES: u32 = 2;

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
    /// So many failed calls in a row speak against an endpoint.
    failures_in_a_row: u32,
}

#[derive(Debug, Default)]
struct State {
    list: Vec<Endpoint>,
    /// Grows with every endpoint, every call and every prediction.
    serial: u64,
    /// When one of them last gave a prediction, as a serial.
    predicted: u64,
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
    /// How often it could not work, though it was back, since it last answered anything.
    relapses: u32,
    /// How many calls in a row failed, perhaps by its fault.
    failures: u32,
    /// When the first of those failed, as a [`State::serial`].
    failing_since: u64,
    /// When it last gave a prediction, as a [`State::serial`].
    predicted: u64,
    strays: Strays,
    /// Whether it answered about a photo since that was last looked at.
    has_answered: bool,
}

#[derive(Debug)]
enum Health {
    /// Optimistic: an endpoint is ready until it turns out that it is not.
    Ready,
    Down {
        error: JobError,
        since: Instant,
        /// `Resting` if it is there and only fails.
        state: EndpointState,
    },
}

/// What many failed calls in a row may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspicion {
    /// No other endpoint of the model gave a prediction meanwhile: it may be the photos.
    Photos,
    /// Others did: it is the endpoint, which is to be asked about one photo now and then.
    Endpoint,
}

/// One call's place at an endpoint, given back when dropped.
#[derive(Debug)]
pub struct EndpointPermit {
    endpoints: Arc<Endpoints>,
    /// Which endpoint.
    pub id: EndpointId,
    /// Its address.
    pub url: ServiceUrl,
    /// Its generation, if that was found out.
    pub generation: Option<Generation>,
}

impl Endpoints {
    /// No endpoints yet. `ready` is rung when one begins to work; `failures_in_a_row` speak
    /// against one.
    pub fn new(ready: Arc<Notify>, failures_in_a_row: u32) -> Self {
        let trouble = watch::Sender::new(Some(no_endpoint()));
        Self { state: Mutex::default(), trouble, ready, failures_in_a_row }
    }

    /// Makes these the endpoints. Those known before keep their health; calls to those that are
    /// gone end by themselves.
    pub fn set(&self, urls: &[ServiceUrl]) {
        let mut state = self.lock();
        state.list.retain(|endpoint| urls.contains(&endpoint.url));
        for url in urls {
            if !state.list.iter().any(|endpoint| endpoint.url == *url) {
                let id = EndpointId(state.next_serial());
                state.list.push(Endpoint::new(id, url.clone()));
            }
        }
        self.tell(&state);
    }

    /// A place at the working endpoint with the fewest calls in flight, the one longest not called
    /// among equals, and none of `but`. One under suspicion, and one of which only the status is
    /// good, has one call at a time.
    pub fn pick(self: &Arc<Self>, but: &[EndpointId]) -> Option<EndpointPermit> {
        let mut state = self.lock();
        let (serial, predicted) = (state.next_serial(), state.predicted);
        let usable = |e: &&mut Endpoint| {
            e.room(self.failures_in_a_row, predicted) > 0 && !but.contains(&e.id)
        };
        let picked =
            state.list.iter_mut().filter(usable).min_by_key(|e| (e.in_flight, e.called))?;
        picked.in_flight += 1;
        picked.called = serial;
        Some(EndpointPermit {
            endpoints: Arc::clone(self),
            id: picked.id,
            url: picked.url.clone(),
            generation: picked.generation,
        })
    }

    /// How many more calls they can take at once; as good as any number if one is above suspicion.
    pub fn room(&self) -> u32 {
        let state = self.lock();
        let room = |e: &Endpoint| e.room(self.failures_in_a_row, state.predicted);
        state.list.iter().map(room).fold(0, u32::saturating_add)
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

    /// Ends when none can be called.
    pub async fn none_ready(&self) {
        // Fails only if these endpoints are gone, which the caller has.
        let _ = self.watch_trouble().wait_for(Option::is_some).await;
    }

    /// Takes an endpoint out of use. Answers how often that happened since its last prediction if
    /// this call did it, and `None` if it was out of use or gone before.
    pub fn set_down(&self, id: EndpointId, error: JobError) -> Option<u32> {
        self.put_down(id, error, EndpointState::Down, Endpoint::begin_anew)
    }

    /// The same for one whose status does not show whether it can work. Back in use, it has one
    /// call at a time until it has answered one.
    pub fn set_on_trial(&self, id: EndpointId, error: JobError) -> Option<u32> {
        self.put_down(id, error, EndpointState::Down, |endpoint| {
            endpoint.begin_anew();
            endpoint.relapses = endpoint.relapses.max(RELAPSES);
        })
    }

    /// The same for one that is there and fails: what speaks against it stays.
    pub fn set_resting(&self, id: EndpointId, error: JobError) -> Option<u32> {
        self.put_down(id, error, EndpointState::Resting, |_| {})
    }

    fn put_down(
        &self,
        id: EndpointId,
        error: JobError,
        out: EndpointState,
        forget: impl FnOnce(&mut Endpoint),
    ) -> Option<u32> {
        let mut state = self.lock();
        let endpoint = state.get(id)?;
        if matches!(endpoint.health, Health::Down { .. }) {
            return None;
        }
        endpoint.health = Health::Down { error, since: Instant::now(), state: out };
        endpoint.setbacks += 1;
        forget(endpoint);
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

    /// How they are, for operators.
    pub fn report(&self, model: &ModelName, now: UnixMillis) -> Vec<EndpointReport> {
        let state = self.lock();
        state.list.iter().map(|endpoint| endpoint.report(model.clone(), now)).collect()
    }

    /// The addresses of those that answered about a photo since this was last asked.
    pub fn take_answered(&self) -> Vec<String> {
        let mut state = self.lock();
        let answered = state.list.iter_mut().filter_map(|endpoint| {
            std::mem::take(&mut endpoint.has_answered).then(|| endpoint.url.as_str().to_owned())
        });
        answered.collect()
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
    fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

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
            relapses: 0,
            failures: 0,
            failing_since: 0,
            predicted: 0,
            strays: Strays::default(),
            has_answered: false,
        }
    }

    /// Forgets what may not hold once it is back: then it may be another program.
    fn begin_anew(&mut self) {
        self.failures = 0;
        self.generation = None;
        self.relapses = self.relapses.saturating_add(1);
    }

    fn report(&self, model: ModelName, now: UnixMillis) -> EndpointReport {
        let (state, since, reason) = match &self.health {
            Health::Ready => (EndpointState::Up, None, None),
            Health::Down { error, since, state } => {
                let down_ms = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
                let since = UnixMillis(now.0.saturating_sub(down_ms));
                (*state, Some(since), Some(error.message.chars().take(MAX_REASON).collect()))
            }
        };
        let (url, in_flight) = (self.url.as_str().to_owned(), self.in_flight);
        let untried = self.called == 0;
        EndpointReport { model, url, state, since, reason, in_flight, untried }
    }

    /// What its failures mean, where another endpoint may have `predicted` something since.
    fn suspicion(&self, failures_in_a_row: u32, predicted: u64) -> Option<Suspicion> {
        let others_work = predicted > self.failing_since;
        let suspicion = if others_work { Suspicion::Endpoint } else { Suspicion::Photos };
        (self.failures >= failures_in_a_row).then_some(suspicion)
    }

    /// How many more calls it can take at once.
    fn room(&self, failures_in_a_row: u32, predicted: u64) -> u32 {
        let suspicion = self.suspicion(failures_in_a_row, predicted);
        let on_trial = suspicion == Some(Suspicion::Endpoint) || self.relapses >= RELAPSES;
        match self.health {
            Health::Down { .. } => 0,
            Health::Ready if on_trial => 1_u32.saturating_sub(self.in_flight),
            Health::Ready => u32::MAX,
        }
    }
}

impl EndpointPermit {
    /// Remembers which generation the endpoint is of.
    pub fn set_generation(&mut self, generation: Generation) {
        self.generation = Some(generation);
        if let Some(endpoint) = self.endpoints.lock().get(self.id) {
            endpoint.generation = Some(generation);
        }
    }

    /// Notes that the endpoint gave a prediction. Answers whether it was on trial before.
    pub fn record_success(&self) -> bool {
        let mut state = self.endpoints.lock();
        let now = state.next_serial();
        state.predicted = now;
        let Some(endpoint) = state.get(self.id) else { return false };
        endpoint.predicted = now;
        endpoint.has_answered = true;
        endpoint.strays.reached();
        endpoint.setbacks = 0;
        endpoint.failures = 0;
        std::mem::take(&mut endpoint.relapses) >= RELAPSES
    }

    /// Notes that the request about a photo did not come to the model, by what the endpoint
    /// answered. Answers what that means.
    pub fn note_stray(&self, image: ImageKey) -> Stray {
        let many = self.endpoints.failures_in_a_row;
        let mut state = self.endpoints.lock();
        let now = state.next_serial();
        let Some(endpoint) = state.get(self.id) else { return Stray::Endpoint };
        endpoint.strays.note(image, now, endpoint.predicted, many)
    }

    /// Notes that the endpoint looked at the photo and did not want it.
    pub fn record_rejection(&self) {
        if let Some(endpoint) = self.endpoints.lock().get(self.id) {
            endpoint.relapses = 0;
            endpoint.has_answered = true;
        }
    }

    /// Notes that a call failed, perhaps by the endpoint's fault. Answers what to suspect if it
    /// is time to give the endpoint a rest: after every so many failures in a row, and after each
    /// further one while others work.
    pub fn record_failure(&self) -> Option<Suspicion> {
        let in_a_row = self.endpoints.failures_in_a_row;
        let mut state = self.endpoints.lock();
        let (now, predicted) = (state.next_serial(), state.predicted);
        let endpoint = state.get(self.id)?;
        if endpoint.failures == 0 {
            endpoint.failing_since = now;
        }
        endpoint.failures = endpoint.failures.saturating_add(1);
        let suspicion = endpoint.suspicion(in_a_row, predicted)?;
        let is_due = suspicion == Suspicion::Endpoint || endpoint.failures.is_multiple_of(in_a_row);
        is_due.then_some(suspicion)
    }
}

impl Drop for EndpointPermit {
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
