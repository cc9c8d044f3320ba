//! `POST /predict`: photos in, hashes out.

mod by_hash;
pub(super) mod fields;
mod form;
mod multipart;
mod requeue;
mod submit;
mod upload_error;
mod upload_meter;

use std::collections::HashSet;
use std::sync::Arc;

use actix_web::http::header::CONTENT_LENGTH;
use actix_web::{HttpRequest, HttpResponse, web};
use photo_core::ImageKey;
use photo_core::job::SubmitMode;
use photo_core::ports::{ImageStoreError, ImageUpload, PhotoRefusal};
use photo_core::record::Acceptance;
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;
use uuid::Uuid;

use self::fields::Fields;
use self::multipart::Multipart;
use crate::app::AppState;
use crate::app::stores::{StoreDeadline, StoresError};
use crate::app::throughput::QueueWait;
use crate::callbacks;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::request_error::RequestError;
use crate::jobs::selection::SelectionError;
use crate::photos::refused_photos::{RefusedPhoto, RefusedPhotos};

pub(crate) use self::by_hash::PredictByHash;
pub(crate) use self::fields::KEYS;
pub(crate) use self::upload_error::UploadError;

/// The answer to an accepted request.
#[derive(Serialize, ToSchema)]
pub(crate) struct Accepted {
    /// One hash per photo, sent or named, in the order of the request.
    images: Vec<ImageKey>,
    jobs: Vec<submit::AcceptedJob>,
    /// The form's fields that mean nothing here, if it has any: 20 at most.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    ignored_fields: Vec<String>,
}

/// Accepts photos: all of them, durably, with all their jobs, or none.
pub(crate) async fn accept(
    request: HttpRequest,
    state: web::Data<AppState>,
    body: web::Payload,
) -> Result<HttpResponse, Problem> {
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    let mut admission = state.admission.admit(length)?;
    let fields = Fields::from_query(&Query::parse(request.query_string()))?;
    let mut deadline = StoreDeadline::new();
    check_callback(&state, &fields)?;
    if fields.names_models() {
        // Known before the form: what is refused for them is not read at all.
        check_models(&state, &fields, &mut deadline).await?;
        check_room(&state, &fields, 1, &mut deadline).await?;
    }
    let form::UploadForm { fields, photos, upload, had_room, ignored_fields } = if by_hash::is_json(
        &request,
    ) {
        by_hash::read(&state, body, fields).await?
    } else {
        let (body, meter) = upload_meter::measure(body, &state.stores.config.api);
        let form = Multipart::new(request.headers(), body)?;
        tokio::select! {
            form = form::read(&state, form, fields, &mut admission, &mut deadline) => form?,
            () = meter.too_slow(|| state.admission.is_full()) => return Err(RequestError::TooSlow.into()),
        }
    };
    if photos.is_empty() {
        return Err(UploadError::NoPhotos.into());
    }
    check_models(&state, &fields, &mut deadline).await?;
    let callback = check_callback(&state, &fields)?;

    // Each photo once, in the order of the form, which is the order of the queue.
    let mut seen = HashSet::new();
    let images: Vec<ImageKey> = photos.iter().copied().filter(|it| seen.insert(*it)).collect();
    check_jobs(&state, &fields, photos.len())?;
    if images.len() > 1 || fields.models().len() > had_room {
        check_room(&state, &fields, images.len() as u64, &mut deadline).await?;
    }

    let asked = Acceptance {
        request: Uuid::new_v4(),
        at: state.stores.clock.now(),
        priority: fields.priority,
        rerun: fields.mode == SubmitMode::Rerun,
        models: fields.models().to_vec(),
    };
    // Once it has begun it is done, also if the client is gone by then.
    let done = store(state.into_inner(), upload, images, asked, callback, deadline);
    let done = tokio::spawn(done).await;
    let jobs = done.unwrap_or_else(|error| Err(ImageStoreError::unavailable(error).into()));
    let jobs = jobs.map_err(|error| match error {
        StoresError::Images(ImageStoreError::Refused(PhotoRefusal::Collision(image))) => {
            let position = photos.iter().position(|photo| *photo == image).unwrap_or(0) + 1;
            let refused = RefusedPhoto::new(position, None, PhotoRefusal::Collision(image));
            UploadError::Photos(RefusedPhotos::new(refused)).into()
        }
        error => Problem::from(error),
    })?;
    let accepted = Accepted { images: photos, jobs, ignored_fields };
    tracing::debug!(images = accepted.images.len(), jobs = accepted.jobs.len(), "accepted");
    Ok(HttpResponse::Accepted().json(accepted))
}

/// Stores the photos, and then queues their jobs: a job whose photo is not there could not be done.
/// What is asked of the photos is written down with them, so that no job is lost with the job
/// store. The callback is kept last: before, an image that was finished once would still be so.
async fn store(
    state: Arc<AppState>,
    upload: Box<dyn ImageUpload>,
    images: Vec<ImageKey>,
    asked: Acceptance,
    callback: Option<Url>,
    mut deadline: StoreDeadline,
) -> Result<Vec<submit::AcceptedJob>, StoresError> {
    let committed = upload.commit(&asked).await?;
    let jobs = submit::submit(&state, &images, &asked, &committed, &mut deadline).await?;
    if let Some(url) = &callback {
        deadline.wait(callbacks::keep(&state.stores, &images, &asked.models, url)).await?;
    }
    Ok(jobs)
}

/// Returns the callback's address, if there is one; refuses an address that may not be called.
fn check_callback(state: &AppState, fields: &Fields) -> Result<Option<Url>, RequestError> {
    let callback = fields.callback.as_deref().filter(|text| !text.is_empty());
    callback.map(|text| callbacks::check(&state.stores.config.callbacks, text)).transpose()
}

/// Refuses a request that names no model or an unknown one; all unknown models are listed.
pub(super) async fn check_models(
    state: &AppState,
    fields: &Fields,
    deadline: &mut StoreDeadline,
) -> Result<(), Problem> {
    if !fields.names_models() {
        return Err(UploadError::NoModels.into());
    }
    let unknown = deadline.wait(state.model_names.unknown(&state.stores, fields.models())).await?;
    let unknown: Vec<String> =
        unknown.iter().map(ToString::to_string).chain(fields.impossible().to_vec()).collect();
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(SelectionError::UnknownModels { unknown, known: state.model_names.all() }.into())
    }
}

/// Refuses a request that makes more jobs than one may.
fn check_jobs(state: &AppState, fields: &Fields, photos: usize) -> Result<(), Problem> {
    let limit = state.stores.config.api.max_jobs;
    if photos * fields.models().len() > limit {
        return Err(UploadError::TooManyJobs { limit }.into());
    }
    Ok(())
}

/// Refuses a request for which a model's queue has no room. The limit is soft: requests that are
/// under way at the same time may together go past it, so what was asked before a photo was read is
/// not asked again after it. It is checked before anything is stored, so that a refused request
/// leaves nothing behind.
async fn check_room(
    state: &AppState,
    fields: &Fields,
    images: u64,
    deadline: &mut StoreDeadline,
) -> Result<(), Problem> {
    let stats = deadline.wait(state.stores.jobs.stats(Some(fields.models()))).await?;
    for (model, stats) in fields.models().iter().zip(stats) {
        let limit = state.stores.config.model(model).max_queued;
        // A limit of none closes the queue for the time being.
        if images > limit && limit > 0 {
            return Err(UploadError::TooManyForQueue { model: model.clone(), limit }.into());
        }
        let rate = state.throughput.sample(&stats);
        let jobs = stats.unfinished() + images;
        if jobs > limit {
            let wait = QueueWait::new(jobs - limit, rate);
            return Err(UploadError::QueueFull { model: model.clone(), limit, wait }.into());
        }
    }
    Ok(())
}
