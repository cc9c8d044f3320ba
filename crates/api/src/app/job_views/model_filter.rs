//! The jobs of an image that a client asks about: all, or the jobs of some models. What other
//! clients asked for about the same photo then decides nothing.

use std::sync::Arc;

use photo_core::ModelName;
use photo_core::job::JobView;

/// The models whose jobs pass; all models if none is named. Cloning is cheap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ModelFilter(Option<Arc<[ModelName]>>);

impl ModelFilter {
    /// Passes the jobs of these models; all jobs if `models` is empty.
    pub(crate) fn new(models: &[ModelName]) -> Self {
        Self((!models.is_empty()).then(|| models.into()))
    }

    /// The models, if it is not all.
    pub(crate) fn models(&self) -> Option<&[ModelName]> {
        self.0.as_deref()
    }

    /// Removes the jobs that do not pass.
    pub(crate) fn apply(&self, jobs: &mut Vec<JobView>) {
        if let Some(models) = self.models() {
            jobs.retain(|job| models.contains(&job.model));
        }
    }
}
