//! How much there is to do for each model, and how fast that goes.

mod queue_cache;
mod rates;

use photo_core::job::ModelStats;
use photo_core::ports::StoreError;
use photo_core::{Clock, ModelName};

use self::queue_cache::QueueCache;
use self::rates::Rates;
use super::stores::Stores;

pub(crate) use self::queue_cache::{MeasuredQueue, QueueSnapshot};
pub(crate) use self::rates::{QueueWait, Rate, SAMPLE_INTERVAL};

/// The models' queues and rates, for all clients of this process together.
#[derive(Debug)]
pub(crate) struct Throughput {
    rates: Rates,
    queues: QueueCache,
}

impl Throughput {
    /// Nothing measured yet; times are those of `clock`.
    pub(super) fn new(clock: Clock) -> Self {
        Self { rates: Rates::new(clock), queues: QueueCache::default() }
    }

    /// Takes in how many jobs a model has finished by now; returns its rate since an earlier
    /// sample.
    pub(crate) fn sample(&self, stats: &ModelStats) -> Option<Rate> {
        self.rates.sample(stats)
    }

    /// Returns the queues of these models and all dispatchers, at most a moment old.
    pub(crate) async fn cached(
        &self,
        stores: &Stores,
        models: &[ModelName],
    ) -> Result<QueueSnapshot, StoreError> {
        self.queues.get(stores, &self.rates, models).await
    }

    /// Returns the queues of these models or of all, as they are now.
    pub(crate) async fn queues(
        &self,
        stores: &Stores,
        models: Option<&[ModelName]>,
    ) -> Result<Vec<MeasuredQueue>, StoreError> {
        queue_cache::read(stores, &self.rates, models).await
    }
}
