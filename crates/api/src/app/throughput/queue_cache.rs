//! Queues and dispatchers, at most a moment old, read once however many clients ask: most clients
//! that follow a job ask for the same, again and again.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use photo_core::ModelName;
use photo_core::job::{DispatcherView, QueueView};
use photo_core::ports::StoreError;
use tokio::sync::Mutex;

use super::rates::{Rate, Rates};
use crate::app::stores::Stores;

/// How old a cached answer may be.
const MAX_AGE: Duration = Duration::from_secs(1);

/// A model's queue, and how fast it goes.
#[derive(Debug)]
pub(crate) struct MeasuredQueue {
    pub(crate) view: QueueView,
    pub(crate) rate: Option<Rate>,
}

/// Queues and dispatchers at one moment.
#[derive(Debug, Default)]
pub(crate) struct QueueSnapshot {
    pub(crate) queues: HashMap<ModelName, Arc<MeasuredQueue>>,
    pub(crate) dispatchers: Arc<Vec<DispatcherView>>,
}

/// The latest answers of the job store.
#[derive(Debug, Default)]
pub(super) struct QueueCache {
    known: RwLock<CachedQueues>,
    /// Held by the request that asks the store; the others wait for its answer.
    asking: Mutex<()>,
}

/// Each with the time it was asked for. Names of models are checked, so their number is bounded.
#[derive(Debug, Default)]
struct CachedQueues {
    queues: HashMap<ModelName, (Instant, Arc<MeasuredQueue>)>,
    dispatchers: Option<(Instant, Arc<Vec<DispatcherView>>)>,
}

impl QueueCache {
    /// Returns the snapshot for these models.
    pub(super) async fn get(
        &self,
        stores: &Stores,
        rates: &Rates,
        models: &[ModelName],
    ) -> Result<QueueSnapshot, StoreError> {
        if let Ok(snapshot) = self.fresh(models) {
            return Ok(snapshot);
        }
        let _asking = self.asking.lock().await;
        let stale = match self.fresh(models) {
            Ok(snapshot) => return Ok(snapshot),
            Err(stale) => stale,
        };
        let asked_at = Instant::now();
        let queues = read(stores, rates, Some(&stale));
        let (queues, dispatchers) = tokio::try_join!(queues, stores.jobs.dispatchers())?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for queue in queues {
            known.queues.insert(queue.view.stats.model.clone(), (asked_at, Arc::new(queue)));
        }
        known.dispatchers = Some((asked_at, Arc::new(dispatchers)));
        Ok(known.snapshot(models))
    }

    /// Returns the snapshot if it is fresh, or else the models whose queues are not.
    fn fresh(&self, models: &[ModelName]) -> Result<QueueSnapshot, Vec<ModelName>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = |asked_at: &Instant| asked_at.elapsed() < MAX_AGE;
        let is_stale =
            |model: &&ModelName| !known.queues.get(*model).is_some_and(|(at, _)| is_fresh(at));
        let stale: Vec<ModelName> = models.iter().filter(is_stale).cloned().collect();
        let dispatchers_are_fresh = known.dispatchers.as_ref().is_some_and(|(at, _)| is_fresh(at));
        if stale.is_empty() && dispatchers_are_fresh {
            Ok(known.snapshot(models))
        } else {
            Err(stale)
        }
    }
}

impl CachedQueues {
    fn snapshot(&self, models: &[ModelName]) -> QueueSnapshot {
        let queue = |model: &ModelName| {
            let (_, queue) = self.queues.get(model)?;
            Some((model.clone(), Arc::clone(queue)))
        };
        QueueSnapshot {
            queues: models.iter().filter_map(queue).collect(),
            dispatchers: self
                .dispatchers
                .as_ref()
                .map(|(_, it)| Arc::clone(it))
                .unwrap_or_default(),
        }
    }
}

/// Returns the queues of these models or of all, as they are now.
pub(super) async fn read(
    stores: &Stores,
    rates: &Rates,
    models: Option<&[ModelName]>,
) -> Result<Vec<MeasuredQueue>, StoreError> {
    let queues = stores.jobs.queues(models).await?;
    let with_rate = |view: QueueView| MeasuredQueue { rate: rates.sample(&view.stats), view };
    Ok(queues.into_iter().map(with_rate).collect())
}
