//! `GET /predict/<md5>` and `POST /predict/status`: how far images have come, and their results.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use photo_core::job::{JobView, Priority};
use photo_core::ports::ImageStoreError;
use photo_core::record::ImageRecord;
use photo_core::{ImageKey, ImageStatus, JobError, JobState, ModelName, UnixMillis};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::app::AppState;
use crate::app::job_views::model_filter::ModelFilter;
use crate::app::progress::{self, Progress};
use crate::app::store_deadline::StoreTime;
use crate::http::body::read_body;
use crate::http::error::ApiError;
use crate::http::query::Query;
use crate::jobs::long_poll;
use crate::jobs::selection;

/// The most images in one `POST /predict/status`.
const MOST_IMAGES: usize = 1_000;

/// The most bytes of its body: so many hashes and names, and as much again for white space.
const MOST_BYTES: usize = 80 * MOST_IMAGES + 140 * selection::MOST_MODELS;

/// The most bytes of results in its answer.
const MOST_RESULTS: usize = 64 << 20;

/// How many images the store is asked for at a time, so that neither of the two has to hold more
/// than a few results beyond that.
const STEP: usize = 20;

/// What the query of `GET /predict/<md5>` may say.
pub(crate) const KEYS: &[&str] = &["models", "wait"];

/// How far one image has come.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImageView {
    image: ImageKey,
    pub(crate) status: ImageStatus,
    /// What the models that succeeded answered, as they wrote it.
    #[schema(value_type = BTreeMap<ModelName, serde_json::Value>)]
    results: BTreeMap<ModelName, Box<RawValue>>,
    /// The jobs by their models.
    jobs: BTreeMap<ModelName, JobDetail>,
    /// What is wrong with the photo, in sentences: that it is cut short or damaged, for example.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, min_items = 1)]
    notes: Vec<String>,
}

/// How far one job has come.
#[derive(Serialize, ToSchema)]
#[schema(as = Job)]
struct JobDetail {
    state: JobState,
    /// How often a dispatcher took the job.
    attempts: u32,
    /// How many attempts failed.
    failures: u32,
    priority: Priority,
    /// When it was first asked for, or last asked for again.
    submitted_at: UnixMillis,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    started_at: Option<UnixMillis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    finished_at: Option<UnixMillis>,
    /// Why the job waits, and until when if it is for a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    waiting: Option<Waiting>,
    /// What ended the job, or what its last attempt failed of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    error: Option<JobError>,
    /// Whether somebody asked for the running job not to be done.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    cancel_asked: bool,
    /// How far off the job is, if it is not finished and its image was asked for alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    progress: Option<Progress>,
}

#[derive(Serialize, ToSchema)]
struct Waiting {
    /// Why, in words.
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    until: Option<UnixMillis>,
}

/// What a body of `POST /predict/status` looks like.
const FORM: &str = "{\"images\": [\"<hash>\", …], \"models\": [\"NAME\", …]}";

/// The body of `POST /predict/status`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StatusQuestion)]
pub(crate) struct Question {
    #[schema(value_type = Vec<ImageKey>, max_items = 1_000)]
    images: Vec<String>,
    /// Whose jobs alone are meant; all without it.
    #[schema(value_type = Option<Vec<ModelName>>, min_items = 1, max_items = 1_000)]
    models: Option<Vec<String>>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = StatusAnswer)]
pub(crate) struct Answer {
    /// Those that are known.
    images: BTreeMap<ImageKey, ImageView>,
    /// The hashes no job is known for.
    unknown: Vec<ImageKey>,
    /// Those of them of which something is stored that is damaged. Their photos are to be posted again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    damaged: Vec<ImageKey>,
}

/// Tells how far one image has come; if the client wants to wait, once it is finished.
pub(crate) async fn show(
    request: HttpRequest,
    state: web::Data<AppState>,
    image: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let image = parse_hash(&image)?;
    let query = Query::parse(request.query_string());
    let wait = long_poll::from_query(&query)?;
    let filter = ModelFilter::from_query(&state, &query).await?;
    let mut jobs = read_one(&state, image, &filter).await?;
    if !wait.is_zero() && jobs.iter().any(|job| !job.state.is_final()) {
        long_poll::until_finished(Arc::clone(&state), image, &filter, wait).await?;
        jobs = read_one(&state, image, &filter).await?;
    }
    if jobs.is_empty() {
        let is_damaged = is_damaged(&state, image).await?;
        return Err(match filter.models() {
            _ if is_damaged => ImageStoreError::Damaged(image).into(),
            None => ApiError::UnknownImage(image),
            Some(models) => ApiError::UnknownJobs { image, models: models.to_vec() },
        });
    }
    let progress = progress::of(&state, &jobs).await;
    let notes = notes(&state, &[image]).await.remove(&image);
    let mut view = ImageView::new(image, jobs, notes);
    for (model, progress) in progress {
        if let Some(job) = view.jobs.get_mut(&model) {
            job.progress = Some(progress);
        }
    }
    Ok(HttpResponse::Ok().json(view))
}

/// Answers the states and results of many images.
pub(crate) async fn show_many(
    state: web::Data<AppState>,
    body: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let body = read_body(body, MOST_BYTES).await?;
    let question: Question = selection::parse(&body, FORM)?;
    let filter = ModelFilter::read(&state, question.models.as_deref()).await?;
    if question.images.len() > MOST_IMAGES {
        return Err(ApiError::TooManyPhotos { limit: MOST_IMAGES });
    }
    let images: BTreeSet<ImageKey> =
        question.images.iter().map(|text| parse_hash(text)).collect::<Result<_, _>>()?;
    let images: Vec<ImageKey> = images.into_iter().collect();
    let mut answer = Answer { images: BTreeMap::new(), unknown: Vec::new(), damaged: Vec::new() };
    let mut room = MOST_RESULTS;
    let mut time = StoreTime::new();
    for images in images.chunks(STEP) {
        let mut notes = notes(&state, images).await;
        for (image, jobs) in images.iter().zip(read(&state, images, &filter, &mut time).await?) {
            let results = jobs.iter().filter_map(|job| job.result.as_ref());
            let bytes: usize = results.map(|result| result.get().len()).sum();
            room =
                room.checked_sub(bytes).ok_or(ApiError::TooManyResults { limit: MOST_RESULTS })?;
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

/// The jobs of one image.
pub(crate) async fn read_one(
    state: &AppState,
    image: ImageKey,
    filter: &ModelFilter,
) -> Result<Vec<JobView>, ApiError> {
    let mut jobs = read(state, &[image], filter, &mut StoreTime::new()).await?;
    Ok(jobs.pop().unwrap_or_default())
}

/// The jobs of each image. What the job store has forgotten, the images' records still say; and
/// while it is away, they say what is finished, since nothing changes about that.
pub(crate) async fn read(
    state: &AppState,
    images: &[ImageKey],
    filter: &ModelFilter,
    time: &mut StoreTime,
) -> Result<Vec<Vec<JobView>>, ApiError> {
    let (mut jobs, away) = match time.wait(state.jobs.status(images)).await {
        Ok(jobs) => (jobs, None),
        Err(error) => (vec![Vec::new(); images.len()], Some(error)),
    };
    for (image, jobs) in images.iter().zip(&mut jobs) {
        if jobs.is_empty() {
            let record = match state.images.record(*image).await {
                // What it said is not known any more, which must not keep the others.
                Err(ImageStoreError::Damaged(_)) => ImageRecord::default(),
                record => record?.unwrap_or_default(),
            };
            jobs.extend(record.jobs.iter().map(|(model, job)| job.view(model)));
        }
        filter.apply(jobs);
    }
    let finished =
        |jobs: &Vec<JobView>| !jobs.is_empty() && jobs.iter().all(|job| job.state.is_final());
    match away {
        Some(error) if !jobs.iter().all(finished) => Err(error.into()),
        _ => Ok(jobs),
    }
}

/// What is known to be wrong with the photos. Where that cannot be read a status goes without.
pub(crate) async fn notes(state: &AppState, images: &[ImageKey]) -> HashMap<ImageKey, Vec<String>> {
    match state.images.photo_notes(images).await {
        Ok(notes) => notes,
        Err(error) => {
            tracing::debug!(%error, "what is wrong with photos cannot be read");
            HashMap::new()
        }
    }
}

/// Whether an image of which no job is known has a record that lost what it said, also if that was
/// written anew since.
async fn is_damaged(state: &AppState, image: ImageKey) -> Result<bool, ImageStoreError> {
    match state.images.record(image).await {
        Err(ImageStoreError::Damaged(_)) => Ok(true),
        record => Ok(record?.is_some_and(|it| {
            it.info.is_none() || it.unreadable > 0 || (it.rebuilt.is_some() && it.jobs.is_empty())
        })),
    }
}

/// The hash in a path, query or body; its letters may be capitals, as Windows prints them.
pub(crate) fn parse_hash(text: &str) -> Result<ImageKey, ApiError> {
    text.to_ascii_lowercase().parse().map_err(|_| ApiError::BadHash(text.to_owned()))
}

impl ImageView {
    pub(crate) fn new(image: ImageKey, jobs: Vec<JobView>, notes: Option<Vec<String>>) -> Self {
        let status = ImageStatus::of(jobs.iter().map(|job| (job.state, job.attempts > 0)));
        let (results, jobs_by_model) = (BTreeMap::new(), BTreeMap::new());
        let notes = notes.unwrap_or_default();
        let mut view = Self { image, status, results, jobs: jobs_by_model, notes };
        for mut job in jobs {
            if let Some(result) = job.result.take() {
                view.results.insert(job.model.clone(), result);
            }
            view.jobs.insert(job.model.clone(), JobDetail::new(job));
        }
        view
    }
}

impl JobDetail {
    fn new(job: JobView) -> Self {
        let waiting = (job.state == JobState::Waiting).then(|| {
            let reason = job.held_by_model.as_ref().or(job.error.as_ref());
            Waiting {
                reason: reason.map_or_else(|| "to be tried again".to_owned(), JobError::to_string),
                until: job.due_at,
            }
        });
        Self {
            state: job.state,
            attempts: job.attempts,
            failures: job.failures,
            priority: job.priority,
            submitted_at: job.submitted_at,
            started_at: job.started_at,
            finished_at: job.state.is_final().then_some(job.changed_at),
            waiting,
            error: job.error,
            cancel_asked: job.cancel_asked,
            progress: None,
        }
    }
}
