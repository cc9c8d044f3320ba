//! The names of the models that this process knows.

use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock};

use photo_config::Config;
use photo_core::ModelName;
use photo_core::ports::StoreError;

use super::stores::Stores;

/// Configured and announced models. A name once known stays known until its model is forgotten.
#[derive(Debug)]
pub(crate) struct ModelNames(RwLock<BTreeSet<ModelName>>);

impl ModelNames {
    /// The configured models.
    pub(super) fn new(config: &Config) -> Self {
        Self(RwLock::new(config.models.keys().cloned().collect()))
    }

    /// Returns the names in `wanted` that are neither configured nor announced. The store is asked
    /// only about names that this process has not seen yet: another process may have.
    pub(crate) async fn unknown(
        &self,
        stores: &Stores,
        wanted: &[ModelName],
    ) -> Result<Vec<ModelName>, StoreError> {
        let unknown = self.unseen(wanted);
        if unknown.is_empty() {
            return Ok(unknown);
        }
        let announced = stores.jobs.models().await?;
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(announced.into_iter().filter(|it| !it.forgotten).map(|model| model.name));
        Ok(self.unseen(wanted))
    }

    /// Drops the names of forgotten models, which any api may have been asked to forget.
    pub(super) async fn drop_forgotten(&self, stores: &Stores) -> Result<(), StoreError> {
        let known = stores.jobs.models().await?;
        for model in known.iter().filter(|known| known.forgotten) {
            self.forget(&stores.config, &model.name);
        }
        Ok(())
    }

    /// Drops the name of a forgotten model, unless the model is configured.
    pub(crate) fn forget(&self, config: &Config, model: &ModelName) {
        if !config.models.contains_key(model) {
            self.0.write().unwrap_or_else(PoisonError::into_inner).remove(model);
        }
    }

    /// Returns all names, in order.
    pub(crate) fn all(&self) -> Vec<ModelName> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn unseen(&self, wanted: &[ModelName]) -> Vec<ModelName> {
        let names = self.0.read().unwrap_or_else(PoisonError::into_inner);
        wanted.iter().filter(|name| !names.contains(*name)).cloned().collect()
    }
}
