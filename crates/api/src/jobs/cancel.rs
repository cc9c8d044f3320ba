//! `POST /predict/cancel`: jobs that nobody wants any more.

mod cancel_error;
mod step;
mod unfinished;

use std::slice;

use actix_web::{HttpResponse, web};
use photo_core::ports::StoreError;
use photo_core::{ImageKey, JobState, ModelName};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use self::step::{Cancelled, STEP, Step};
use self::unfinished::Unfinished;
use crate::app::AppState;
use crate::http::problem::Problem;
use crate::http::whole_number;
use crate::jobs::selection;
use crate::jobs::selection::JobSelection;

pub(crate) use self::cancel_error::CancelError;

/// The most jobs that one answer about images tells of.
const MOST_JOBS: usize = 100_000;

/// The most jobs that one request about models alone cancels.
const MOST_UNFINISHED: u32 = 10_000;

/// The body: the jobs of these images, or of these models, or of both.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CancelQuestion)]
pub(crate) struct Question {
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
pub(crate) struct Answer {
    jobs: Vec<JobNow>,
    /// How many jobs of the models are still queued or waiting, if no images were named.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    remaining: Option<u64>,
}

/// A job and the state it is in after this. One that runs is cancelled as soon as its dispatcher
/// lets go of it.
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
    let question: Question = selection::read(body, form).await?;
    let (images, models) = (question.images.as_deref(), question.models.as_deref());
    let selected = JobSelection::read(&state, images, models, form).await?;
    let limit = question.limit;
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
                let left = limit.unwrap_or(MOST_UNFINISHED).min(MOST_UNFINISHED);
                let cancelled = Cancelled::default();
                let mut jobs = Unfinished { state: &state, left: left as usize, cancelled };
                jobs.cancel(&models).await?;
                let remaining = Some(jobs.remaining(&models).await?);
                Ok(Answer { jobs: jobs.cancelled.sync(&state).await?, remaining })
            }
        }
    });
    let done = done.await.unwrap_or_else(|error| Err(StoreError::unavailable(error).into()))?;
    Ok(HttpResponse::Ok().json(done))
}

/// Cancels what is unfinished of a model, as much of it as one request may; answers how many jobs.
pub(crate) async fn cancel_unfinished_of(
    state: &AppState,
    model: &ModelName,
) -> Result<usize, Problem> {
    let (left, cancelled) = (MOST_UNFINISHED as usize, Cancelled::default());
    let mut jobs = Unfinished { state, left, cancelled };
    jobs.cancel(slice::from_ref(model)).await?;
    Ok(jobs.cancelled.sync(state).await?.len())
}

async fn cancel_all(
    state: &AppState,
    images: &[ImageKey],
    models: Option<&[ModelName]>,
) -> Result<Answer, Problem> {
    let mut cancelled = Cancelled::default();
    for images in images.chunks(STEP) {
        Step { state, images, models }.cancel(&mut cancelled).await?;
        if cancelled.jobs.len() > MOST_JOBS {
            return Err(CancelError::TooManyJobs { limit: MOST_JOBS }.into());
        }
    }
    Ok(Answer { jobs: cancelled.sync(state).await?, remaining: None })
}
