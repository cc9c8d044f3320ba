//! The jobs of an image that a client asks about: all, or those of some models. What others asked for
//! about the same photo then decides nothing.

use std::sync::Arc;

use photo_core::ModelName;
use photo_core::job::JobView;

use crate::app::AppState;
use crate::http::error::ApiError;
use crate::http::query::Query;
use crate::jobs::selection::{self, split_list};

/// The models whose jobs are meant; all without any. Cloning is cheap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ModelFilter(Option<Arc<[ModelName]>>);

impl ModelFilter {
    /// The jobs of these models; of all if there are none.
    pub(crate) fn new(models: &[ModelName]) -> Self {
        Self((!models.is_empty()).then(|| models.into()))
    }

    /// Reads the names in a body. An empty list is refused: whether it means all or none is a matter
    /// of taste.
    pub(crate) async fn read(state: &AppState, names: Option<&[String]>) -> Result<Self, ApiError> {
        let Some(names) = names else { return Ok(Self::default()) };
        if names.is_empty() {
            let what = "`models` names no model. Leave it out to ask about all.";
            return Err(ApiError::BadRequest(what.to_owned()));
        }
        Ok(Self::new(&selection::models(state, names).await?))
    }

    /// The same of a query.
    pub(crate) async fn from_query(state: &AppState, query: &Query) -> Result<Self, ApiError> {
        let mut names = None;
        for text in query.all("models") {
            names.get_or_insert_with(Vec::new).extend(split_list("models", text)?);
        }
        Self::read(state, names.as_deref()).await
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
