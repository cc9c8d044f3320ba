//! All workers of a dispatcher, and how they share its slots.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use photo_config::Config;
use photo_core::job::{EndpointReport, KnownEndpoint, KnownModel, Want};
use photo_core::{ModelName, UnixMillis};
use tokio::sync::Notify;
use tracing::info;

use crate::context::DispatcherContext;
use crate::endpoints::EndpointName;
use crate::execution::ModelWorker;

/// One worker per model that is configured or known to the store. A worker closes when its model is
/// forgotten.
pub struct ModelWorkers {
    by_model: BTreeMap<ModelName, Arc<ModelWorker>>,
    config: Config,
    context: Arc<DispatcherContext>,
    /// Rung when a worker that could not work begins to.
    ready: Arc<Notify>,
    /// Whose queues may have something for us. One that is asked leaves, until it gave something or
    /// anything else tells of work: a thousand idle models cost one look a second so.
    to_ask: BTreeSet<ModelName>,
    /// Which worker is served first: another each time.
    turn: usize,
}

impl ModelWorkers {
    /// The workers of the configured models.
    pub fn new(config: Config, context: Arc<DispatcherContext>) -> Self {
        let models: Vec<ModelName> = config.models.keys().cloned().collect();
        let (by_model, ready, to_ask) = (BTreeMap::new(), Arc::default(), BTreeSet::new());
        let mut workers = Self { by_model, config, context, ready, to_ask, turn: 0 };
        for model in models {
            workers.open(model, &[]);
        }
        workers
    }

    /// Takes in what the store knows of models.
    pub fn update(&mut self, known: &[KnownModel]) {
        for model in known {
            match self.by_model.get(&model.name) {
                _ if model.forgotten => self.close(&model.name),
                Some(worker) => worker.set_announced(&model.endpoints),
                None => self.open(model.name.clone(), &model.endpoints),
            }
        }
    }

    /// Ends the work on a model that was forgotten, unless it is configured here or a job of it is
    /// still on its way to the store.
    fn close(&mut self, model: &ModelName) {
        let is_idle = self.by_model.get(model).is_some_and(|worker| worker.in_flight() == 0);
        if is_idle && !self.config.models.contains_key(model) {
            info!(%model, "the model was forgotten");
            self.to_ask.remove(model);
            if let Some(worker) = self.by_model.remove(model) {
                // Whoever watches one of its endpoints stops.
                worker.set_announced(&[]);
            }
        }
    }

    fn open(&mut self, model: ModelName, announced: &[KnownEndpoint]) {
        let settings = self.config.model(&model);
        let ready = Arc::clone(&self.ready);
        let worker = ModelWorker::open(model.clone(), settings, announced, &self.context, ready);
        self.to_ask.insert(model.clone());
        self.by_model.insert(model, worker);
    }

    /// There may be something for a worker, or room in it. Answers whether there is such a worker.
    pub fn stir(&mut self, model: &ModelName) -> bool {
        let is_known = self.by_model.contains_key(model);
        if is_known {
            self.to_ask.insert(model.clone());
        }
        is_known
    }

    /// There may be something for any worker.
    pub fn stir_all(&mut self) {
        self.to_ask.extend(self.by_model.keys().cloned());
    }

    /// A model's worker.
    pub fn get(&self, model: &ModelName) -> Option<&Arc<ModelWorker>> {
        self.by_model.get(model)
    }

    /// How many slots are taken.
    pub fn in_flight(&self) -> u32 {
        self.by_model.values().map(|worker| worker.in_flight()).sum()
    }

    /// How all endpoints are.
    pub fn endpoints(&self, now: UnixMillis) -> Vec<EndpointReport> {
        let of_worker = |worker: &Arc<ModelWorker>| worker.endpoints.report(&worker.model, now);
        self.by_model.values().flat_map(of_worker).collect()
    }

    /// The endpoints that answered about a photo since this was last asked.
    pub fn answered(&self) -> impl Iterator<Item = EndpointName> {
        let of_worker = |worker: &Arc<ModelWorker>| {
            let urls = worker.endpoints.take_answered().into_iter();
            let model = worker.model.clone();
            urls.map(move |url| (model.clone(), url))
        };
        self.by_model.values().flat_map(of_worker)
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The bell that rings when a worker that could not work begins to.
    pub fn ready(&self) -> Arc<Notify> {
        Arc::clone(&self.ready)
    }

    /// What can be started now: the free slots of every worker that is to be asked and has a
    /// working endpoint. All jobs in flight and wanted together are never more than
    /// `dispatcher.max_in_flight`.
    pub fn wants(&mut self) -> Vec<Want> {
        if self.to_ask.is_empty() {
            return Vec::new();
        }
        let max = self.config.dispatcher.max_in_flight;
        let mut workers: Vec<&Arc<ModelWorker>> =
            self.by_model.values().filter(|worker| worker.endpoints.any_ready()).collect();
        // With more workers than slots, whoever is asked first gets one.
        let first = self.turn % workers.len().max(1);
        workers.rotate_left(first);

        let limits: Vec<u32> = workers.iter().map(|worker| worker.settings.concurrency).collect();
        let mut free = max.saturating_sub(self.in_flight());
        let mut wants = Vec::new();
        for (worker, share) in workers.iter().zip(shares(max, &limits)) {
            if !self.to_ask.contains(&worker.model) {
                continue;
            }
            let slots =
                share.saturating_sub(worker.in_flight()).min(free).min(worker.endpoints.room());
            if slots > 0 {
                free -= slots;
                self.to_ask.remove(&worker.model);
                let limit = worker.settings.concurrency;
                wants.push(Want { model: worker.model.clone(), slots, limit });
            }
        }
        self.turn = self.turn.wrapping_add(wants.len());
        wants
    }
}

/// Each worker's share of `total` slots: all it can use if there is enough for everybody, else what
/// the modest leave over, divided evenly. At least one, so that more workers than slots have to
/// take turns. A worker whose jobs take for ever so cannot take the slots of others; nothing is
/// lent, since nobody knows how long a job takes, and whoever lends may wait for it.
fn shares(total: u32, limits: &[u32]) -> Vec<u32> {
    let mut modest_first: Vec<usize> = (0..limits.len()).collect();
    modest_first.sort_by_key(|worker| limits[*worker]);
    let mut shares = vec![0; limits.len()];
    let mut left = total;
    for (done, worker) in modest_first.into_iter().enumerate() {
        let waiting = u32::try_from(limits.len() - done).unwrap_or(u32::MAX);
        shares[worker] = limits[worker].min((left / waiting).max(1));
        left = left.saturating_sub(shares[worker]);
    }
    shares
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn with_slots_for_everybody_each_lane_has_all_it_can_use() {
        assert_eq!(shares(256, &[4, 100, 8]), [4, 100, 8]);
    }

    #[test]
    fn a_scarce_total_is_divided_evenly_among_those_who_want_more() {
        assert_eq!(shares(10, &[100, 2, 100]), [4, 2, 4]);
        assert_eq!(shares(2, &[5, 5, 5]), [1, 1, 1]);
        assert_eq!(shares(9, &[]), Vec::<u32>::new());
    }

    proptest! {
        #[test]
        fn shares_are_within_the_limits_and_the_total(
            total in 1_u32..300,
            limits in prop::collection::vec(1_u32..50, 1..40),
        ) {
            let shares = shares(total, &limits);
            prop_assert!(shares.iter().zip(&limits).all(|(s, l)| (1..=*l).contains(s)));
            prop_assert!(shares.iter().sum::<u32>() <= total.max(u32::try_from(limits.len()).unwrap()));
        }
    }
}
