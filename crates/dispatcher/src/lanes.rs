//! All lanes of a dispatcher, and how they share its slots.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use photo_core::config::Config;
use photo_core::job::{EndpointReport, KnownEndpoint, KnownModel, Want};
use photo_core::{ModelName, UnixMillis};
use tokio::sync::Notify;
use tracing::info;

use crate::lane::Lane;
use crate::renewal::EndpointName;
use crate::tools::Tools;

/// One lane per model that is configured or known to the store. A lane closes when its model is
/// forgotten.
pub struct Lanes {
    by_model: BTreeMap<ModelName, Arc<Lane>>,
    config: Config,
    tools: Arc<Tools>,
    /// Rung when a lane that could not work begins to.
    ready: Arc<Notify>,
    /// Whose queues may have something for us. One that is asked leaves, until it gave something or
    /// anything else tells of work: a thousand idle models cost one look a second so.
    to_ask: BTreeSet<ModelName>,
    /// Which lane is served first: another each time.
    turn: usize,
}

impl Lanes {
    /// The lanes of the configured models.
    pub fn new(config: Config, tools: Arc<Tools>) -> Self {
        let models: Vec<ModelName> = config.models.keys().cloned().collect();
        let (by_model, ready, to_ask) = (BTreeMap::new(), Arc::default(), BTreeSet::new());
        let mut lanes = Self { by_model, config, tools, ready, to_ask, turn: 0 };
        for model in models {
            lanes.open(model, &[]);
        }
        lanes
    }

    /// Takes in what the store knows of models.
    pub fn update(&mut self, known: &[KnownModel]) {
        for model in known {
            match self.by_model.get(&model.name) {
                _ if model.forgotten => self.close(&model.name),
                Some(lane) => lane.set_announced(&model.endpoints),
                None => self.open(model.name.clone(), &model.endpoints),
            }
        }
    }

    /// Ends the work on a model that was forgotten, unless it is configured here or a job of it is still
    /// on its way to the store.
    fn close(&mut self, model: &ModelName) {
        let is_idle = self.by_model.get(model).is_some_and(|lane| lane.in_flight() == 0);
        if is_idle && !self.config.models.contains_key(model) {
            info!(%model, "the model was forgotten");
            self.to_ask.remove(model);
            if let Some(lane) = self.by_model.remove(model) {
                // Whoever watches one of its endpoints stops.
                lane.set_announced(&[]);
            }
        }
    }

    fn open(&mut self, model: ModelName, announced: &[KnownEndpoint]) {
        let settings = self.config.model(&model);
        let ready = Arc::clone(&self.ready);
        let lane = Lane::open(model.clone(), settings, announced, &self.tools, ready);
        self.to_ask.insert(model.clone());
        self.by_model.insert(model, lane);
    }

    /// There may be something for a lane, or room in it. Answers whether there is such a lane.
    pub fn stir(&mut self, model: &ModelName) -> bool {
        let is_known = self.by_model.contains_key(model);
        if is_known {
            self.to_ask.insert(model.clone());
        }
        is_known
    }

    /// There may be something for any lane.
    pub fn stir_all(&mut self) {
        self.to_ask.extend(self.by_model.keys().cloned());
    }

    /// A model's lane.
    pub fn get(&self, model: &ModelName) -> Option<&Arc<Lane>> {
        self.by_model.get(model)
    }

    /// How many slots are taken.
    pub fn in_flight(&self) -> u32 {
        self.by_model.values().map(|lane| lane.in_flight()).sum()
    }

    /// How all endpoints are.
    pub fn endpoints(&self, now: UnixMillis) -> Vec<EndpointReport> {
        let of_lane = |lane: &Arc<Lane>| lane.endpoints.report(&lane.model, now);
        self.by_model.values().flat_map(of_lane).collect()
    }

    /// The endpoints that answered about a photo since this was last asked.
    pub fn answered(&self) -> impl Iterator<Item = EndpointName> {
        let of_lane = |lane: &Arc<Lane>| {
            let urls = lane.endpoints.take_answered().into_iter();
            let model = lane.model.clone();
            urls.map(move |url| (model.clone(), url))
        };
        self.by_model.values().flat_map(of_lane)
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The bell that rings when a lane that could not work begins to.
    pub fn ready(&self) -> Arc<Notify> {
        Arc::clone(&self.ready)
    }

    /// What can be started now: the free slots of every lane that is to be asked and has a working
    /// endpoint. All jobs in flight and wanted together are never more than
    /// `dispatcher.max_in_flight`.
    pub fn wants(&mut self) -> Vec<Want> {
        if self.to_ask.is_empty() {
            return Vec::new();
        }
        let max = self.config.dispatcher.max_in_flight;
        let mut lanes: Vec<&Arc<Lane>> =
            self.by_model.values().filter(|lane| lane.endpoints.any_ready()).collect();
        // With more lanes than slots, whoever is asked first gets one.
        let first = self.turn % lanes.len().max(1);
        lanes.rotate_left(first);

        let limits: Vec<u32> = lanes.iter().map(|lane| lane.settings.concurrency).collect();
        let mut free = max.saturating_sub(self.in_flight());
        let mut wants = Vec::new();
        for (lane, share) in lanes.iter().zip(shares(max, &limits)) {
            if !self.to_ask.contains(&lane.model) {
                continue;
            }
            let slots = share.saturating_sub(lane.in_flight()).min(free).min(lane.endpoints.room());
            if slots > 0 {
                free -= slots;
                self.to_ask.remove(&lane.model);
                let limit = lane.settings.concurrency;
                wants.push(Want { model: lane.model.clone(), slots, limit });
            }
        }
        self.turn = self.turn.wrapping_add(wants.len());
        wants
    }
}

/// Each lane's share of `total` slots: all it can use if there is enough for everybody, else what
/// the modest leave over, divided evenly. At least one, so that more lanes than slots have to
/// take turns. A lane whose jobs take for ever so cannot take the slots of others; nothing is lent,
/// since nobody knows how long a job takes, and whoever lends may wait for it.
fn shares(total: u32, limits: &[u32]) -> Vec<u32> {
    let mut modest_first: Vec<usize> = (0..limits.len()).collect();
    modest_first.sort_by_key(|lane| limits[*lane]);
    let mut shares = vec![0; limits.len()];
    let mut left = total;
    for (done, lane) in modest_first.into_iter().enumerate() {
        let waiting = u32::try_from(limits.len() - done).unwrap_or(u32::MAX);
        shares[lane] = limits[lane].min((left / waiting).max(1));
        left = left.saturating_sub(shares[lane]);
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
