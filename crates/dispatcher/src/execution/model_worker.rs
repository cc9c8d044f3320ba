//! A dispatcher's work on one model.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use photo_config::{ModelSettings, ServiceUrl};
use photo_core::ModelName;
use photo_core::job::KnownEndpoint;
use serde_json::value::RawValue;
use tokio::sync::Notify;
use tracing::{debug, warn};

use super::Slot;
use crate::backoff::{about, doubled};
use crate::context::{DispatcherContext, STORE_TIMEOUT, within};
use crate::endpoints::{EndpointPermit, Endpoints, Probe, Suspicion, Until, hold};
use crate::service::Failure;
use crate::settings::Settings;

/// How many times as long as its last call an endpoint that fails while others work is left alone,
/// at first and at most: one that hangs takes a fifth of one slot's time and soon 3 %.
const FIRST_REST: u32 = 4;
const LONGEST_REST: u32 = 32;

/// More of what a model says it can say is not kept.
const MAX_CLASSES_BYTES: usize = 64 * 1024;

/// One model, its endpoints, and the slots of its jobs.
pub struct ModelWorker {
    /// Which model.
    pub model: ModelName,
    /// What holds for it.
    pub settings: ModelSettings,
    /// Where its services are.
    pub endpoints: Arc<Endpoints>,
    in_flight: Arc<AtomicU32>,
    /// The classes last told to the store.
    classes: Mutex<Option<Box<RawValue>>>,
}

impl ModelWorker {
    /// Opens a worker with the endpoints configured and those announced. The store is told from now
    /// on why its jobs wait. `ready` is rung when one of its endpoints begins to work.
    pub fn open(
        model: ModelName,
        settings: ModelSettings,
        announced: &[KnownEndpoint],
        context: &Arc<DispatcherContext>,
        ready: Arc<Notify>,
    ) -> Arc<Self> {
        let endpoints = Arc::new(Endpoints::new(ready, context.settings.failures_in_a_row));
        let (in_flight, classes) = (Arc::default(), Mutex::default());
        let worker = Self { model, settings, endpoints, in_flight, classes };
        worker.set_announced(announced);
        let trouble = worker.endpoints.watch_trouble();
        tokio::spawn(hold::run(Arc::clone(context), worker.model.clone(), trouble));
        Arc::new(worker)
    }

    /// Takes in the endpoints that announced themselves, beside those configured, if the model
    /// takes any: an api that is configured otherwise, or an earlier one, may have kept some.
    pub fn set_announced(&self, announced: &[KnownEndpoint]) {
        let mut urls = self.settings.urls.clone();
        if self.settings.takes_announcements {
            let parse = |it: &KnownEndpoint| it.url.parse::<ServiceUrl>().ok();
            let announced = announced.iter().filter_map(parse);
            urls.extend(announced.filter(|url| !url.is_off_limits()));
        }
        self.endpoints.set(&urls);
    }

    /// How many slots are taken.
    pub fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Takes a slot.
    pub fn slot(&self) -> Slot {
        Slot::new(Arc::clone(&self.in_flight))
    }

    /// Takes an endpoint out of use that cannot work now, until it can.
    pub fn set_down(
        &self,
        permit: &EndpointPermit,
        failure: &Failure,
        context: &Arc<DispatcherContext>,
    ) {
        if let Some(setbacks) = self.endpoints.set_down(permit.id, failure.error.clone()) {
            warn!(
                model = %self.model, url = %permit.url, error.kind = ?failure.error.kind,
                error.message = ?failure.error.message, "endpoint is down"
            );
            self.watch(permit, setbacks, Until::after(failure, &context.settings), context);
        }
    }

    /// The same for an endpoint that answers every photo with a failure of its own: it is tried
    /// with one photo now and then until it answers otherwise. That is said once.
    pub fn set_on_trial(
        &self,
        permit: &EndpointPermit,
        failure: &Failure,
        context: &Arc<DispatcherContext>,
    ) {
        let Some(setbacks) = self.endpoints.set_on_trial(permit.id, failure.error.clone()) else {
            return;
        };
        let (model, url, message) = (&self.model, &permit.url, &failure.error.message);
        if setbacks == 1 {
            warn!(%model, %url, error.message = ?message, "endpoint is down, and tried now and then");
        } else {
            debug!(%model, %url, error.message = ?message, "endpoint is still down");
        }
        let Settings { trial_base, trial_cap, asked_cap, .. } = context.settings;
        let pause = about(doubled(trial_base, trial_cap, setbacks.saturating_sub(1)));
        let pause = failure.asked_for(asked_cap).unwrap_or(pause);
        self.watch(permit, setbacks, Until::Trial(pause), context);
    }

    /// Takes an endpoint out of use that only fails, after a call that `took` so long: for the
    /// longer, the more it costs and the more often that helped nothing, if others work meanwhile.
    /// One that nothing is suspected of is left alone if it asks for it.
    pub fn give_rest(
        &self,
        permit: &EndpointPermit,
        failure: &Failure,
        suspicion: Option<Suspicion>,
        took: Duration,
        context: &Arc<DispatcherContext>,
    ) {
        let asked_for = failure.asked_for(context.settings.asked_cap);
        if suspicion.is_none() && asked_for.is_none() {
            return;
        }
        let Some(setbacks) = self.endpoints.set_resting(permit.id, failure.error.clone()) else {
            return;
        };
        let rest = match suspicion {
            Some(Suspicion::Photos) | None => Duration::ZERO,
            Some(Suspicion::Endpoint) => about(rest(&context.settings, took, setbacks)),
        };
        warn!(
            model = %self.model, url = %permit.url, error.kind = ?failure.error.kind,
            error.message = ?failure.error.message, rest_ms = rest.as_millis(), setbacks,
            asked_ms = asked_for.map(|time| time.as_millis()), "endpoint fails and is given a rest"
        );
        // Where nothing else works a long rest saves nothing.
        let not_before = rest.min(context.settings.rest_cap).max(asked_for.unwrap_or_default());
        let until = Until::Ready { not_before, while_others_work: rest.saturating_sub(not_before) };
        self.watch(permit, setbacks, until, context);
    }

    fn watch(
        &self,
        permit: &EndpointPermit,
        setbacks: u32,
        until: Until,
        context: &Arc<DispatcherContext>,
    ) {
        let probe = Probe {
            model: self.model.clone(),
            endpoints: Arc::clone(&self.endpoints),
            id: permit.id,
            url: permit.url.clone(),
            setbacks,
        };
        tokio::spawn(probe.run(until, Arc::clone(context)));
    }

    /// Tells the store what the model can say, if that is new.
    pub async fn describe(&self, classes: Box<RawValue>, context: &DispatcherContext) {
        let new = classes.get().len() <= MAX_CLASSES_BYTES
            && self.known_classes().as_ref().is_none_or(|known| known.get() != classes.get());
        let Some(value) = new.then(|| serde_json::from_str(classes.get()).ok()).flatten() else {
            return;
        };
        *self.known_classes() = Some(classes);
        let telling = context.store.describe(&self.model, &value);
        if let Err(error) = within(STORE_TIMEOUT, telling).await {
            // The next answer tries again.
            *self.known_classes() = None;
            warn!(model = %self.model, %error, "could not keep what the model can say");
        }
    }

    fn known_classes(&self) -> MutexGuard<'_, Option<Box<RawValue>>> {
        self.classes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long, about, an endpoint is left alone that went down so often since its last prediction,
/// and whose last call took so long.
fn rest(settings: &Settings, took: Duration, setbacks: u32) -> Duration {
    let base = settings.rest_base.max(took * FIRST_REST);
    let cap = settings.rest_cap.max(took * LONGEST_REST);
    doubled(base, cap, setbacks.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_that_fails_at_once_rests_for_seconds_and_one_that_hangs_for_minutes() {
        let rests = |took| {
            [1, 2, 3, 4, 5, 6].map(|setbacks| rest(&Settings::default(), took, setbacks).as_secs())
        };
        assert_eq!(rests(Duration::from_millis(5)), [1, 2, 4, 8, 10, 10]);
        assert_eq!(rests(Duration::from_secs(2)), [8, 16, 32, 64, 64, 64]);
        assert_eq!(rests(Duration::from_mins(1)), [240, 480, 960, 1920, 1920, 1920]);
    }
}
