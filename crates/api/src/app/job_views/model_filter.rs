//! The jobs of an image that a client asks about: all, or those of some models. What others asked for
//! about the same photo then decides nothing.

use std::sync::Arc;

use photo_core::ModelName;
use photo_core::job::JobView;

/// The models whose jobs are meant; all without any. Cloning is cheap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ModelFilter(Option<Arc<[ModelName]>>);

impl ModelFilter {
    /// The jobs of these models; of all if there are none.
    pub(crate) fn new(models: &[ModelName]) -> Self {
        Self((!models.is_empty()).then(|| models.into()))
    }

    /// The models, if it is not all.
    pub(crate) fn models(&self) -> Option<&[ModelName]> {
        self.0.as_deref()
    }

    /// Leaves of an image's jobs those that are meant.
    pub(crate) fn apply(&self, jobs: &mut Vec<JobView>) {
        if let Some(models) = self.models() {
            jobs.retain(|job| models.contains(&job.model));
        }
    }
}
