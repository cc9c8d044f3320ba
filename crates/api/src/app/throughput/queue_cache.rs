//! What is known of queues and dispatchers, at most a moment old however many clients ask: most of
//! those who follow a job ask for the same, again and again.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use photo_core::ModelName;
use photo_core::job::{DispatcherView, QueueView};
use photo_core::ports::StoreError;
use tokio::sync::Mutex;

use crate::app::AppState;
use crate::app::throughput::rates::Rate;

/// How old what is told may be.
const FRESH: Duration = Duration::from_secs(1);

/// A model's queue, and how fast it goes.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) view: QueueView,
    pub(crate) rate: Option<Rate>,
}

/// Queues and dispatchers at one moment.
#[derive(Debug, Default)]
pub(crate) struct Outlook {
    pub(crate) queues: HashMap<ModelName, Arc<Queue>>,
    pub(crate) dispatchers: Arc<Vec<DispatcherView>>,
}

/// What was asked for last.
#[derive(Debug, Default)]
pub(crate) struct Outlooks {
    known: RwLock<Known>,
    /// Held by the one who asks the store; the others wait for its answer.
    asking: Mutex<()>,
}

/// Each with when it was asked for. Names of models are checked, so there are only so many.
#[derive(Debug, Default)]
struct Known {
    queues: HashMap<ModelName, (Instant, Arc<Queue>)>,
    dispatchers: Option<(Instant, Arc<Vec<DispatcherView>>)>,
}

impl Outlooks {
    /// The outlook for these models.
    pub(crate) async fn of(
        &self,
        state: &AppState,
        models: &[ModelName],
    ) -> Result<Outlook, StoreError> {
        if let Ok(outlook) = self.fresh(models) {
            return Ok(outlook);
        }
        let _asking = self.asking.lock().await;
        let stale = match self.fresh(models) {
            Ok(outlook) => return Ok(outlook),
            Err(stale) => stale,
        };
        let asked_at = Instant::now();
        let queues = read(state, Some(&stale));
        let (queues, dispatchers) = tokio::try_join!(queues, state.jobs.dispatchers())?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for queue in queues {
            known.queues.insert(queue.view.stats.model.clone(), (asked_at, Arc::new(queue)));
        }
        known.dispatchers = Some((asked_at, Arc::new(dispatchers)));
        Ok(known.outlook(models))
    }

    /// The outlook if it is fresh, or else the models of which it is not.
    fn fresh(&self, models: &[ModelName]) -> Result<Outlook, Vec<ModelName>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = |asked_at: &Instant| asked_at.elapsed() < FRESH;
        let is_stale =
            |model: &&ModelName| !known.queues.get(*model).is_some_and(|(at, _)| is_fresh(at));
        let stale: Vec<ModelName> = models.iter().filter(is_stale).cloned().collect();
        let dispatchers_are_fresh = known.dispatchers.as_ref().is_some_and(|(at, _)| is_fresh(at));
        if stale.is_empty() && dispatchers_are_fresh {
            Ok(known.outlook(models))
        } else {
            Err(stale)
        }
    }
}

impl Known {
    fn outlook(&self, models: &[ModelName]) -> Outlook {
        let queue = |model: &ModelName| {
            let (_, queue) = self.queues.get(model)?;
            Some((model.clone(), Arc::clone(queue)))
        };
        Outlook {
            queues: models.iter().filter_map(queue).collect(),
            dispatchers: self
                .dispatchers
                .as_ref()
                .map(|(_, it)| Arc::clone(it))
                .unwrap_or_default(),
        }
    }
}

/// The queues of these models or of all, as they are now.
pub(crate) async fn read(
    state: &AppState,
    models: Option<&[ModelName]>,
) -> Result<Vec<Queue>, StoreError> {
    let queues = state.jobs.queues(models).await?;
    let with_rate = |view: QueueView| Queue { rate: state.rates.look(&view.stats), view };
    Ok(queues.into_iter().map(with_rate).collect())
}
