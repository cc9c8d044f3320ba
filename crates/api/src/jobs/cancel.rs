//! `POST /predict/cancel`: jobs that are not wanted any more.

mod cancel_error;
mod step;
mod unfinished;

use std::slice;

use actix_web::{HttpResponse, web};
use photo_core::ports::StoreError;
use photo_core::{ImageKey, JobState, ModelName};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use self::step::{CancelStep, CancelledJobs, MAX_IMAGES_TOGETHER};
use self::unfinished::UnfinishedJobs;
use crate::app::AppState;
use crate::http::problem::Problem;
use crate::http::whole_number;
use crate::jobs::selection::{self, JobSelection};

pub(crate) use self::cancel_error::CancelError;

/// The most jobs that one answer about images tells of.
const MAX_JOBS_IN_ANSWER: usize = 100_000;

/// The most jobs that one request about models alone cancels.
const MAX_CANCELLED_JOBS: u32 = 10_000;

/// The body: the jobs of these images, or of these models, or of both.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CancelQuestion)]
pub(crate) struct CancelRequest {
    #[schema(value_type = Option<Vec<ImageKey>>, max_items = 10_000)]
    images: Option<Vec<String>>,
    /// All models if there are none.
    #[schema(value_type = Option<Vec<ModelName>>, max_items = 1_000)]
    models: Option<Vec<String>>,
    /// The most jobs, where no images are named; 10,000 unless it is less.
    #[serde(default, deserialize_with = "whole_number::read_optional")]
    #[schema(value_type = Option<u64>, maximum = 4_294_967_295_u64)]
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CancelAnswer)]
pub(crate) struct CancelResponse {
    jobs: Vec<JobNow>,
    /// How many jobs of the models are still queued or waiting, if no images were named.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    remaining: Option<u64>,
}

/// A job and its state after the request. A running job is cancelled once its dispatcher releases
/// it.
#[derive(Serialize, ToSchema)]
struct JobNow {
    image: ImageKey,
    model: ModelName,
    state: JobState,
}

/// Asks for jobs not to be done.
pub(crate) async fn cancel(
    state: web::Data<AppState>,
    body: web::Payload,
) -> Result<HttpResponse, Problem> {
    let form = "{\"images\": [\"<hash>\", …], \"models\": [\"NAME\", …]}";
    let request: CancelRequest = selection::read(body, form).await?;
    let (images, models) = (request.images.as_deref(), request.models.as_deref());
    let selected = JobSelection::read(&state, images, models, form).await?;
    let limit = request.limit;
    // Once it has begun it is done, also if the client is gone by then.
    let done = tokio::spawn(async move {
        match selected {
            JobSelection::OfImages(..) if limit.is_some() => {
                Err(CancelError::LimitWithImages.into())
            }
            JobSelection::OfImages(images, models) => {
                cancel_all(&state, &images, models.as_deref()).await
            }
            JobSelection::OfModels(models) => {
                let left = limit.unwrap_or(MAX_CANCELLED_JOBS).min(MAX_CANCELLED_JOBS);
                let cancelled = CancelledJobs::default();
                let mut jobs = UnfinishedJobs { state: &state, left: left as usize, cancelled };
                jobs.cancel(&models).await?;
                let remaining = Some(jobs.remaining(&models).await?);
                Ok(CancelResponse { jobs: jobs.cancelled.sync(&state).await?, remaining })
            }
        }
    });
    let done = done.await.unwrap_or_else(|error| Err(StoreError::unavailable(error).into()))?;
    Ok(HttpResponse::Ok().json(done))
}

/// Cancels the unfinished jobs of a model, as many as one request may; returns how many that were.
pub(crate) async fn cancel_unfinished_of(
    state: &AppState,
    model: &ModelName,
) -> Result<usize, Problem> {
    let (left, cancelled) = (MAX_CANCELLED_JOBS as usize, CancelledJobs::default());
    let mut jobs = UnfinishedJobs { state, left, cancelled };
    jobs.cancel(slice::from_ref(model)).await?;
    Ok(jobs.cancelled.sync(state).await?.len())
}

async fn cancel_all(
    state: &AppState,
    images: &[ImageKey],
    models: Option<&[ModelName]>,
) -> Result<CancelResponse, Problem> {
    let mut cancelled = CancelledJobs::default();
    for images in images.chunks(MAX_IMAGES_TOGETHER) {
        CancelStep { state, images, models }.cancel(&mut cancelled).await?;
        if cancelled.jobs.len() > MAX_JOBS_IN_ANSWER {
            return Err(CancelError::TooManyJobs { limit: MAX_JOBS_IN_ANSWER }.into());
        }
    }
    Ok(CancelResponse { jobs: cancelled.sync(state).await?, remaining: None })
}
