//! `POST /predict/check`: what a client would have to send.

use std::collections::HashMap;

use actix_web::{HttpResponse, web};
use futures_util::{StreamExt, TryStreamExt, stream};
use photo_core::job::{NewJob, Priority, SubmitMode, Submitted};
use photo_core::ports::ImageStoreError;
use photo_core::record::ImageRecord;
use photo_core::{ImageKey, JobId, JobState, ModelName};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::upload::check_models;
use super::upload::fields::Fields;
use crate::app::AppState;
use crate::app::stores::StoreDeadline;
use crate::http::problem::Problem;
use crate::jobs::selection;
use crate::photos::upload::UploadError;

/// The most jobs, images times models.
const MAX_JOBS: usize = 100_000;

/// How many jobs the job store is asked about at a time, so that no other request has to wait.
const MAX_JOBS_ASKED_TOGETHER: usize = 2_000;

/// How many photos are looked for at the same time.
const MAX_PHOTOS_TOGETHER: usize = 16;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CheckQuestion)]
pub(crate) struct CheckRequest {
    #[schema(value_type = Vec<ImageKey>, max_items = 10_000)]
    images: Vec<String>,
    #[serde(default)]
    #[schema(value_type = Vec<ModelName>, max_items = 1_000)]
    models: Vec<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CheckAnswer)]
pub(crate) struct CheckResponse {
    /// The photos that are not stored.
    missing_images: Vec<ImageKey>,
    /// The jobs that a request for them would queue.
    missing_jobs: Vec<MissingJob>,
}

#[derive(Serialize, ToSchema)]
struct MissingJob {
    image: ImageKey,
    model: ModelName,
}

/// Tells which photos and which jobs the server does not have.
pub(crate) async fn check(
    state: web::Data<AppState>,
    body: web::Payload,
) -> Result<HttpResponse, Problem> {
    let request: CheckRequest =
        selection::read(body, "{\"images\": [\"<hash>\", …], \"models\": [\"NAME\", …]}").await?;
    let images = selection::images(&request.images)?;
    let mut fields = Fields::default();
    fields.add_names(request.models)?;
    let mut deadline = StoreDeadline::new();
    if fields.names_models() {
        check_models(&state, &fields, &mut deadline).await?;
    }
    if images.len() * fields.models().len() > MAX_JOBS {
        return Err(UploadError::TooManyJobs { limit: MAX_JOBS }.into());
    }
    let unknown = unknown_jobs(&state, &images, fields.models(), &mut deadline).await?;
    Ok(HttpResponse::Ok().json(answer(&state, &images, unknown).await?))
}

/// A job that the job store does not have, finished or not.
struct UnknownJob {
    model: ModelName,
    /// It was not done, and the record may not say so.
    was_cancelled: bool,
}

/// The jobs that the job store does not have, by image.
async fn unknown_jobs(
    state: &AppState,
    images: &[ImageKey],
    models: &[ModelName],
    deadline: &mut StoreDeadline,
) -> Result<HashMap<ImageKey, Vec<UnknownJob>>, Problem> {
    let mut unknown: HashMap<ImageKey, Vec<UnknownJob>> = HashMap::new();
    let new = |image: &ImageKey, model: &ModelName| NewJob {
        id: JobId::new(*image, model.clone()),
        priority: Priority::default(),
        ended_before: false,
    };
    for images in images.chunks((MAX_JOBS_ASKED_TOGETHER / models.len().max(1)).max(1)) {
        let jobs = images.iter().flat_map(|image| models.iter().map(|model| new(image, model)));
        let jobs: Vec<NewJob> = jobs.collect();
        let known = deadline.wait(state.stores.jobs.submit(&jobs, SubmitMode::Look)).await?;
        for (job, known) in jobs.into_iter().zip(known) {
            let was_cancelled = known == Submitted::Exists(JobState::Cancelled);
            if was_cancelled || known == Submitted::Queued {
                let JobId { image, model } = job.id;
                unknown.entry(image).or_default().push(UnknownJob { model, was_cancelled });
            }
        }
    }
    Ok(unknown)
}

/// Looks for the photos, and for unknown jobs in the images' records, which remember more than the
/// job store.
async fn answer(
    state: &AppState,
    images: &[ImageKey],
    mut unknown: HashMap<ImageKey, Vec<UnknownJob>>,
) -> Result<CheckResponse, Problem> {
    let looks = images.iter().map(|image| {
        let (image, jobs) = (*image, unknown.remove(image).unwrap_or_default());
        async move {
            let is_missing = state.stores.images.stat(image).await?.is_none();
            let record = if jobs.is_empty() { None } else { readable(state, image).await? };
            Ok::<_, ImageStoreError>((image, is_missing, jobs, record.unwrap_or_default()))
        }
    });
    let mut found = stream::iter(looks).buffered(MAX_PHOTOS_TOGETHER);
    let mut answer = CheckResponse { missing_images: Vec::new(), missing_jobs: Vec::new() };
    while let Some((image, is_missing, jobs, record)) = found.try_next().await? {
        if is_missing {
            answer.missing_images.push(image);
        }
        let missing =
            jobs.into_iter().filter(|it| it.was_cancelled || !has_job(&record, &it.model));
        answer.missing_jobs.extend(missing.map(|it| MissingJob { image, model: it.model }));
    }
    Ok(answer)
}

/// An image's record, unless it says nothing because it is damaged.
async fn readable(
    state: &AppState,
    image: ImageKey,
) -> Result<Option<ImageRecord>, ImageStoreError> {
    match state.stores.images.record(image).await {
        Err(ImageStoreError::Damaged(_)) => Ok(None),
        record => record,
    }
}

/// Whether a record has a job that is done, or that is to be done.
fn has_job(record: &ImageRecord, model: &ModelName) -> bool {
    record.jobs.get(model).is_some_and(|job| job.end.is_none() || job.is_done())
}
