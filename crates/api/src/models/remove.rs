//! `DELETE /models/<name>`: a model that nobody wants to hear of any more.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use photo_core::ModelName;
use photo_core::job::ForgetModel;
use photo_core::ports::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::AppState;
use crate::http::error::{ApiError, shorten};
use crate::http::query::Query;
use crate::jobs::cancel;

/// What the query may say.
pub(crate) const KEYS: &[&str] = &["cancel"];

/// It is gone.
#[derive(Serialize, ToSchema)]
#[schema(as = RemovedModel)]
pub(crate) struct Answer {
    model: ModelName,
    /// How many of its jobs were cancelled for that.
    cancelled: usize,
}

/// Forgets a model that has no unfinished jobs, or has them cancelled. What its jobs led to stays.
pub(crate) async fn remove(
    request: HttpRequest,
    state: web::Data<AppState>,
    name: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let with_its_jobs = Query::parse(request.query_string()).flag("cancel")?;
    let unknown = |_| ApiError::UnknownModel { name: shorten(&name) };
    let model: ModelName = name.parse().map_err(unknown)?;
    if state.stores.config.models.contains_key(&model) {
        return Err(ApiError::ModelConfigured { model });
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
) -> Result<Answer, ApiError> {
    let cancelled =
        if with_its_jobs { cancel::cancel_unfinished_of(&state, &model).await? } else { 0 };
    match state.stores.jobs.forget_model(&model).await? {
        ForgetModel::Forgotten => {
            state.model_names.forget(&state.stores.config, &model);
            tracing::info!(%model, cancelled, "the model is forgotten, as somebody asked for");
            Ok(Answer { model, cancelled })
        }
        ForgetModel::Unknown => Err(ApiError::UnknownModel { name: model.to_string() }),
        ForgetModel::Unfinished(jobs) => Err(ApiError::ModelBusy { model, jobs, with_its_jobs }),
    }
}
