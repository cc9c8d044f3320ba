//! `GET /predict/<md5>` and `POST /predict/status`: how far images have come, and their results.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use photo_core::ports::ImageStoreError;
use photo_core::{ImageKey, ModelName};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use super::long_poll;
use super::selection;
use crate::app::AppState;
use crate::app::job_views::{ImageView, photo_notes, read, read_one};
use crate::app::progress;
use crate::app::stores::StoreDeadline;
use crate::http::body::read_json;
use crate::http::image_id::parse_image_id;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::text::shorten;
use crate::jobs::selection::SelectionError;

/// The most images in one `POST /predict/status`.
const MAX_IMAGES: usize = 1_000;

/// The most bytes of its body: so many hashes and names, and as much again for white space.
const MAX_BODY_BYTES: usize = 80 * MAX_IMAGES + 140 * selection::MAX_MODELS;

/// The most bytes of results in its answer.
const MAX_RESULT_BYTES: usize = 64 << 20;

/// How many images the store is asked for at a time, so that neither of the two has to hold more
/// than a few results beyond that.
const MAX_IMAGES_READ_TOGETHER: usize = 20;

/// What the query of `GET /predict/<md5>` may say.
pub(crate) const KEYS: &[&str] = &["models", "wait"];

/// Why no status can be sent.
#[derive(Debug, Error)]
pub(crate) enum StatusError {
    /// No job of this image is known.
    #[error(
        "No job for the image {0} is known: it was never posted, or its results are past their \
         retention. Post the photo to /predict."
    )]
    UnknownImage(ImageKey),
    /// No job of this image by any of these models is known.
    #[error(
        "No job of {} for the image {image} is known; those of other models may be. Name the image and \
         the models to /predict.",
        shorten(&.models.iter().map(ModelName::as_str).collect::<Vec<_>>().join(", "))
    )]
    UnknownJobs { image: ImageKey, models: Vec<ModelName> },
    /// The results asked for are more than one answer holds.
    #[error(
        "The results of these images are more than {limit} bytes. Ask for fewer images at once."
    )]
    TooManyResults { limit: usize },
}

/// What a body of `POST /predict/status` looks like.
const FORM: &str = "{\"images\": [\"<hash>\", …], \"models\": [\"NAME\", …]}";

/// The body of `POST /predict/status`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StatusQuestion)]
pub(crate) struct StatusRequest {
    #[schema(value_type = Vec<ImageKey>, max_items = 1_000)]
    images: Vec<String>,
    /// Whose jobs alone are meant; all without it.
    #[schema(value_type = Option<Vec<ModelName>>, min_items = 1, max_items = 1_000)]
    models: Option<Vec<String>>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = StatusAnswer)]
pub(crate) struct StatusResponse {
    /// Those that are known.
    images: BTreeMap<ImageKey, ImageView>,
    /// The hashes no job is known for.
    unknown: Vec<ImageKey>,
    /// Those of them of which something is stored that is damaged. Their photos are to be posted
    /// again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    damaged: Vec<ImageKey>,
}

/// Tells how far one image has come; if the client wants to wait, once it is finished.
pub(crate) async fn show(
    request: HttpRequest,
    state: web::Data<AppState>,
    image: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let image = parse_image_id(&image)?;
    let query = Query::parse(request.query_string());
    let wait = long_poll::from_query(&query)?;
    let filter = selection::filter_of_query(&state, &query).await?;
    let mut jobs = read_one(&state.stores, image, &filter).await?;
    if !wait.is_zero() && jobs.iter().any(|job| !job.state.is_final()) {
        long_poll::until_finished(&state, image, &filter, wait).await?;
        jobs = read_one(&state.stores, image, &filter).await?;
    }
    if jobs.is_empty() {
        let is_damaged = is_damaged(&state, image).await?;
        return Err(match filter.models() {
            _ if is_damaged => ImageStoreError::Damaged(image).into(),
            None => StatusError::UnknownImage(image).into(),
            Some(models) => StatusError::UnknownJobs { image, models: models.to_vec() }.into(),
        });
    }
    let progress = progress::of(&state.stores, &state.throughput, &jobs).await;
    let notes = photo_notes(&state.stores, &[image]).await.remove(&image);
    let mut view = ImageView::new(image, jobs, notes);
    view.add_progress(progress);
    Ok(HttpResponse::Ok().json(view))
}

/// Answers the states and results of many images.
pub(crate) async fn show_many(
    state: web::Data<AppState>,
    body: web::Payload,
) -> Result<HttpResponse, Problem> {
    let request_body: StatusRequest = read_json(body, MAX_BODY_BYTES, FORM).await?;
    let filter = selection::filter(&state, request_body.models.as_deref()).await?;
    if request_body.images.len() > MAX_IMAGES {
        return Err(SelectionError::TooManyPhotos { limit: MAX_IMAGES }.into());
    }
    let images: BTreeSet<ImageKey> =
        request_body.images.iter().map(|text| parse_image_id(text)).collect::<Result<_, _>>()?;
    let images: Vec<ImageKey> = images.into_iter().collect();
    let mut answer =
        StatusResponse { images: BTreeMap::new(), unknown: Vec::new(), damaged: Vec::new() };
    let mut room = MAX_RESULT_BYTES;
    let mut deadline = StoreDeadline::new();
    for images in images.chunks(MAX_IMAGES_READ_TOGETHER) {
        let mut notes = photo_notes(&state.stores, images).await;
        for (image, jobs) in
            images.iter().zip(read(&state.stores, images, &filter, &mut deadline).await?)
        {
            let results = jobs.iter().filter_map(|job| job.result.as_ref());
            let bytes: usize = results.map(|result| result.get().len()).sum();
            room = room
                .checked_sub(bytes)
                .ok_or(StatusError::TooManyResults { limit: MAX_RESULT_BYTES })?;
            if jobs.is_empty() {
                answer.unknown.push(*image);
                if is_damaged(&state, *image).await? {
                    answer.damaged.push(*image);
                }
            } else {
                let notes = notes.remove(image);
                answer.images.insert(*image, ImageView::new(*image, jobs, notes));
            }
        }
    }
    Ok(HttpResponse::Ok().json(answer))
}

/// Whether an image of which no job is known has a record that lost what it said, also if that was
/// written anew since.
async fn is_damaged(state: &AppState, image: ImageKey) -> Result<bool, ImageStoreError> {
    match state.stores.images.record(image).await {
        Err(ImageStoreError::Damaged(_)) => Ok(true),
        record => Ok(record?.is_some_and(|it| {
            it.info.is_none() || it.unreadable > 0 || (it.rebuilt.is_some() && it.jobs.is_empty())
        })),
    }
}

impl From<StatusError> for Problem {
    fn from(error: StatusError) -> Self {
        let (status, title) = match error {
            StatusError::UnknownImage(_) => (StatusCode::NOT_FOUND, "Unknown image"),
            StatusError::UnknownJobs { .. } => (StatusCode::NOT_FOUND, "Unknown jobs"),
            StatusError::TooManyResults { .. } => {
                (StatusCode::PAYLOAD_TOO_LARGE, "Too many results")
            }
        };
        Self::new(status, title, &error)
    }
}
