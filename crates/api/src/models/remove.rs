//! `DELETE /models/<name>`: forgets a model.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use photo_core::ModelName;
use photo_core::job::ForgetModel;
use photo_core::ports::StoreError;
use serde::Serialize;
use serde_json::json;
use thiserror::Error;
use utoipa::ToSchema;

use crate::app::AppState;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::text::shorten;
use crate::jobs::cancel;

/// What the query may say.
pub(crate) const KEYS: &[&str] = &["cancel"];

/// Why a model cannot be forgotten.
#[derive(Debug, Error)]
pub(crate) enum RemoveModelError {
    /// No model has this name.
    #[error("No model is called {name:?}; /models lists those that are known.")]
    Unknown { name: String },
    #[error(
        "The model {model} is configured. Take it out of the configuration of all programs first, and \
         restart them."
    )]
    Configured { model: ModelName },
    /// The model has so many unfinished jobs, be they cancelled or not.
    #[error("{}", busy(.model, *.jobs, *.with_its_jobs))]
    Busy { model: ModelName, jobs: u64, with_its_jobs: bool },
}

/// It is gone.
#[derive(Serialize, ToSchema)]
#[schema(as = RemovedModel)]
pub(crate) struct RemovedModel {
    model: ModelName,
    /// How many of its jobs were cancelled for that.
    cancelled: usize,
}

/// Forgets a model that has no unfinished jobs, or has them cancelled. What its jobs led to stays.
pub(crate) async fn remove(
    request: HttpRequest,
    state: web::Data<AppState>,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let with_its_jobs = Query::parse(request.query_string()).flag("cancel")?;
    let unknown = |_| RemoveModelError::Unknown { name: shorten(&name) };
    let model: ModelName = name.parse().map_err(unknown)?;
    if state.stores.config.models.contains_key(&model) {
        return Err(RemoveModelError::Configured { model }.into());
    }
    // Once it has begun it is done, also if the client is gone by then.
    let done = tokio::spawn(forget(state.into_inner(), model, with_its_jobs)).await;
    let answer = done.unwrap_or_else(|error| Err(StoreError::unavailable(error).into()))?;
    Ok(HttpResponse::Ok().json(answer))
}

async fn forget(
    state: Arc<AppState>,
    model: ModelName,
    with_its_jobs: bool,
) -> Result<RemovedModel, Problem> {
    let cancelled =
        if with_its_jobs { cancel::cancel_unfinished_of(&state, &model).await? } else { 0 };
    match state.stores.jobs.forget_model(&model).await? {
        ForgetModel::Forgotten => {
            state.model_names.forget(&state.stores.config, &model);
            tracing::info!(%model, cancelled, "the model is forgotten, as somebody asked for");
            Ok(RemovedModel { model, cancelled })
        }
        ForgetModel::Unknown => Err(RemoveModelError::Unknown { name: model.to_string() }.into()),
        ForgetModel::Unfinished(jobs) => {
            Err(RemoveModelError::Busy { model, jobs, with_its_jobs }.into())
        }
    }
}

impl From<RemoveModelError> for Problem {
    fn from(error: RemoveModelError) -> Self {
        let text = error.to_string();
        match error {
            RemoveModelError::Unknown { .. } => {
                Self::new(StatusCode::NOT_FOUND, "Unknown model", &text)
            }
            RemoveModelError::Configured { model } => {
                Self::new(StatusCode::CONFLICT, "Model configured", &text)
                    .with_members(json!({"model": model}))
            }
            RemoveModelError::Busy { model, .. } => {
                Self::new(StatusCode::CONFLICT, "Model has jobs", &text)
                    .with_members(json!({"model": model}))
            }
        }
    }
}

fn busy(model: &ModelName, jobs: u64, with_its_jobs: bool) -> String {
    if with_its_jobs {
        format!(
            "Jobs of the model {model} were cancelled, and {jobs} are left: those that run end with \
             their attempt, and one request cancels only so many. Send it again in a moment."
        )
    } else {
        format!(
            "The model {model} has {jobs} jobs that are not finished. Wait for them, or have them \
             cancelled with it: ?cancel=true."
        )
    }
}
