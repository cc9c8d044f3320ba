//! Which models were forgotten a short while ago. All who have to hear of it end with this process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use photo_core::ModelName;
use photo_core::job::KnownModel;

use crate::embedded::columns::later;

/// The models, and until when it is told, by the store's time. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct ForgottenModels(Arc<Mutex<BTreeMap<ModelName, i64>>>);

impl ForgottenModels {
    /// It is from now on.
    pub(crate) fn add(&self, model: &ModelName, now: i64) {
        let mut models = self.models();
        models.retain(|_, until| *until > now);
        models.insert(model.clone(), later(now, KnownModel::FORGOTTEN_FOR));
    }

    /// It is not, or is known again.
    pub(crate) fn remove(&self, model: &ModelName) {
        self.models().remove(model);
    }

    /// Whether it is still told.
    pub(crate) fn contains(&self, model: &ModelName, now: i64) -> bool {
        self.models().get(model).is_some_and(|until| *until > now)
    }

    /// All of which it is still told.
    pub(crate) fn list(&self, now: i64) -> Vec<KnownModel> {
        let models = self.models();
        let told = models.iter().filter(|(_, until)| **until > now);
        told.map(|(model, _)| KnownModel::forgotten(model.clone())).collect()
    }

    fn models(&self) -> MutexGuard<'_, BTreeMap<ModelName, i64>> {
        // Every change is complete before anything can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
