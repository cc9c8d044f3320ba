//! Every failure a client can see, and the one place that turns it into an answer.

mod words;

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_ENCODING, ALLOW, CONTENT_RANGE, ContentType, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use photo_core::ports::{ImageStoreError, StoreError};
use photo_core::{ImageKey, ModelName};
use serde_json::{Value, json};

use crate::app::throughput::QueueWait;
use crate::app::thumbnails::NoThumbnail;
use crate::photos::refused_photos::RefusedPhotos;

/// How long clients are asked to wait for a store that is away, in seconds.
const RETRY_AWAY_SECONDS: u64 = 5;

/// How long clients are asked to wait for room on a disk, in seconds. Somebody has to make it.
const RETRY_FULL_SECONDS: u64 = 60;

/// How long services are asked to wait until others of their kind have gone, in seconds.
const RETRY_SERVICES_SECONDS: u64 = 30;

/// How long clients are asked to wait for a place among the uploads, in seconds. One is free again
/// within moments; a client that finds none comes back later than one that is let in stays.
const RETRY_BUSY_SECONDS: u64 = 1;

/// How long clients are asked to wait until others have been told what they wait for, in seconds.
const RETRY_STREAMS_SECONDS: u64 = 10;

/// Why a request was not done.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// The path leads nowhere.
    UnknownPath(String),
    /// The path is right and the method wrong.
    WrongMethod { allowed: &'static str },
    /// A page of another site asks, of this origin if its browser says so.
    OtherSite { origin: Option<String> },
    /// The request calls the server by a name that is not its own.
    UnknownHost { host: String },
    /// The body is said to be something else than the path takes, or nothing.
    WrongMediaType { given: Option<String>, takes: &'static [&'static str] },
    /// The form or body cannot be read.
    BadRequest(String),
    /// The body is compressed, in this way.
    Compressed(String),
    /// Not an image hash.
    BadHash(String),
    /// No job of this image is known.
    UnknownImage(ImageKey),
    /// No job of this image by any of these models is known.
    UnknownJobs { image: ImageKey, models: Vec<ModelName> },
    /// This photo is not stored.
    UnknownPhoto(ImageKey),
    /// The photo has so many bytes, and those asked for lie behind them.
    NoSuchRange { bytes: u64 },
    /// These photos were named by their hashes and are not stored.
    UnknownPhotos(Vec<ImageKey>),
    /// The client sent too slowly, or not at all, in the middle of its request.
    TooSlow,
    /// As many uploads as there may be are under way.
    TooManyUploads { limit: usize },
    /// The photos on their way in have as many bytes as they may.
    SpoolFull { limit: u64 },
    /// A request of more bytes than all uploads together may have.
    TooManyBytes { limit: u64 },
    /// As many clients wait as may.
    TooManyStreams { limit: usize },
    /// As many images are waited for as may be.
    TooManyWatched { limit: usize },
    /// The results asked for are more than one answer holds.
    TooManyResults { limit: usize },
    /// The form has no photo.
    NoPhotos,
    /// The form and the query name no model.
    NoModels,
    /// These models are not known; `known` are.
    UnknownModels { unknown: Vec<String>, known: Vec<ModelName> },
    /// More photos than one request may have.
    TooManyPhotos { limit: usize },
    /// More photos times models than one request may have.
    TooManyJobs { limit: usize },
    /// Photos are not acceptable.
    Photos(RefusedPhotos),
    /// More photos than the model's queue ever has room for.
    TooManyForQueue { model: ModelName, limit: u64 },
    /// The model has too many unfinished jobs.
    QueueFull { model: ModelName, limit: u64, wait: QueueWait },
    /// So many have announced themselves that no more may.
    TooManyServices { of: &'static str, limit: usize },
    /// The photo is there, and there is no small version of it.
    NoThumbnail(NoThumbnail),
    /// No model has this name.
    UnknownModel { name: String },
    /// The model cannot be forgotten, since it is configured.
    ModelConfigured { model: ModelName },
    /// The model cannot be forgotten, since it has so many unfinished jobs, be they cancelled or not.
    ModelBusy { model: ModelName, jobs: u64, with_its_jobs: bool },
    /// A walk over all images is under way.
    FsckRuns,
    /// Jobs are cancelled, and that could not be written down beside their photos.
    NotWrittenDown(ImageStoreError),
    /// The job store failed.
    Store(StoreError),
    /// The image store failed.
    Images(ImageStoreError),
}

impl ApiError {
    /// What was wrong, the same for all of a kind.
    pub(crate) fn title(&self) -> &'static str {
        match self {
            Self::UnknownPath(_) => "Unknown path",
            Self::WrongMethod { .. } => "Wrong method",
            Self::OtherSite { .. } => "Request of another site",
            Self::UnknownHost { .. } => "Unknown host",
            Self::WrongMediaType { .. } => "Wrong media type",
            Self::BadRequest(_) => "Unreadable request",
            Self::Compressed(_) => "Compressed request",
            Self::BadHash(_) => "Malformed image hash",
            Self::UnknownImage(_) => "Unknown image",
            Self::UnknownJobs { .. } => "Unknown jobs",
            Self::UnknownPhoto(_) => "Unknown photo",
            Self::NoSuchRange { .. } => "No such range",
            Self::UnknownPhotos(_) => "Unknown photos",
            Self::TooSlow => "Request too slow",
            Self::TooManyUploads { .. } => "Too many uploads",
            Self::TooManyStreams { .. } => "Too many streams",
            Self::TooManyWatched { .. } => "Too many images watched",
            Self::SpoolFull { .. } => "Too many bytes under way",
            Self::TooManyBytes { .. } => "Request too large",
            Self::TooManyResults { .. } => "Too many results",
            Self::NoPhotos => "No photos",
            Self::NoModels => "No models",
            Self::UnknownModels { .. } => "Unknown models",
            Self::TooManyPhotos { .. } => "Too many photos",
            Self::TooManyJobs { .. } | Self::TooManyForQueue { .. } => "Too many jobs",
            Self::Photos(refused) => refused.title(),
            Self::QueueFull { .. } => "Queue full",
            Self::TooManyServices { .. } => "Too many services",
            Self::NoThumbnail(_) => "No thumbnail",
            Self::UnknownModel { .. } => "Unknown model",
            Self::ModelConfigured { .. } => "Model configured",
            Self::ModelBusy { .. } => "Model has jobs",
            Self::FsckRuns => "Check under way",
            Self::NotWrittenDown(_) => "Not written down",
            Self::Store(StoreError::Full(_)) => "No room for jobs",
            Self::Store(StoreError::Corrupt(_)) => "Job store unreadable",
            Self::Store(_) => "Job store unavailable",
            Self::Images(ImageStoreError::Full(_)) => "No room for photos",
            Self::Images(ImageStoreError::Damaged(_)) => "Damaged image",
            Self::Images(_) => "Image store unavailable",
        }
    }

    /// After how many seconds the client is asked to come back.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        match self {
            Self::QueueFull { wait, .. } => Some(wait.seconds()),
            Self::TooManyUploads { .. } | Self::SpoolFull { .. } => Some(RETRY_BUSY_SECONDS),
            Self::TooManyStreams { .. } | Self::TooManyWatched { .. } => {
                Some(RETRY_STREAMS_SECONDS)
            }
            Self::TooManyServices { .. } => Some(RETRY_SERVICES_SECONDS),
            _ => match self.status_code() {
                StatusCode::SERVICE_UNAVAILABLE => Some(RETRY_AWAY_SECONDS),
                StatusCode::INSUFFICIENT_STORAGE => Some(RETRY_FULL_SECONDS),
                _ => None,
            },
        }
    }

    /// What the operator is told and the client is not.
    pub(crate) fn cause(&self) -> impl fmt::Display {
        Cause(self)
    }

    /// Tells the operator of what is not the client's fault.
    pub(crate) fn log(&self) {
        let status = self.status_code();
        if status.is_server_error() {
            tracing::error!(http.status = status.as_u16(), cause = %self.cause(), "{}", self.title());
        }
    }

    /// The problem as the client is told.
    pub(crate) fn body(&self) -> Value {
        let mut body = self.members();
        body["type"] = json!("about:blank");
        body["title"] = json!(self.title());
        body["status"] = json!(self.status_code().as_u16());
        body["detail"] = json!(self.to_string());
        body
    }

    /// The members of the body that programs read, beside those that every problem has.
    fn members(&self) -> Value {
        match self {
            Self::UnknownModels { unknown, known } => {
                json!({"unknown_models": unknown, "models": known})
            }
            Self::UnknownPhotos(missing) => json!({"missing_images": missing}),
            Self::Photos(refused) => refused.members(),
            Self::QueueFull { model, .. }
            | Self::TooManyForQueue { model, .. }
            | Self::ModelConfigured { model }
            | Self::ModelBusy { model, .. } => {
                json!({"model": model})
            }
            _ => json!({}),
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::UnknownPath(_)
            | Self::UnknownImage(_)
            | Self::UnknownJobs { .. }
            | Self::UnknownPhoto(_)
            | Self::UnknownPhotos(_)
            | Self::UnknownModel { .. }
            // To be posted, as what is not stored: which it is not, as it was.
            | Self::Images(ImageStoreError::Damaged(_)) => StatusCode::NOT_FOUND,
            Self::OtherSite { .. } => StatusCode::FORBIDDEN,
            Self::UnknownHost { .. } => StatusCode::MISDIRECTED_REQUEST,
            Self::NoSuchRange { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::WrongMediaType { .. }
            | Self::Compressed(_)
            | Self::NoThumbnail(
                NoThumbnail::Format(_) | NoThumbnail::Kind { .. } | NoThumbnail::Unreadable,
            ) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::FsckRuns | Self::ModelConfigured { .. } | Self::ModelBusy { .. } => {
                StatusCode::CONFLICT
            }
            Self::WrongMethod { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::BadRequest(_)
            | Self::BadHash(_)
            | Self::NoPhotos
            | Self::NoModels
            | Self::UnknownModels { .. } => StatusCode::BAD_REQUEST,
            Self::NoThumbnail(NoThumbnail::TooLarge { .. })
            | Self::TooManyPhotos { .. }
            | Self::TooManyJobs { .. }
            | Self::TooManyForQueue { .. }
            | Self::TooManyBytes { .. }
            | Self::TooManyResults { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Photos(refused) => refused.status(),
            Self::QueueFull { .. }
            | Self::TooManyUploads { .. }
            | Self::SpoolFull { .. }
            | Self::TooManyStreams { .. }
            | Self::TooManyWatched { .. }
            | Self::TooManyServices { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Images(ImageStoreError::Full(_)) | Self::Store(StoreError::Full(_)) => {
                StatusCode::INSUFFICIENT_STORAGE
            }
            Self::Store(StoreError::Corrupt(_)) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Store(_) | Self::Images(_) | Self::NotWrittenDown(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    fn error_response(&self) -> HttpResponse {
        self.log();
        let mut response = HttpResponse::build(self.status_code());
        // The reason RFC 9457 has a media type of its own: clients can tell it from a result.
        response.insert_header(ContentType(
            "application/problem+json".parse().unwrap_or(actix_web::mime::APPLICATION_JSON),
        ));
        if let Some(seconds) = self.retry_after() {
            response.insert_header((RETRY_AFTER, seconds));
        }
        if let Self::WrongMethod { allowed } = self {
            response.insert_header((ALLOW, *allowed));
        }
        if let Self::Compressed(_) = self {
            response.insert_header((ACCEPT_ENCODING, "identity"));
        }
        if let Self::NoSuchRange { bytes } = self {
            response.insert_header((CONTENT_RANGE, format!("bytes */{bytes}")));
        }
        response.json(self.body())
    }
}

/// What the operator is told and the client is not.
struct Cause<'a>(&'a ApiError);

impl fmt::Display for Cause<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ApiError::Store(error) => fmt::Display::fmt(error, f),
            ApiError::Images(error) | ApiError::NotWrittenDown(error) => {
                fmt::Display::fmt(error, f)
            }
            other => fmt::Display::fmt(other, f),
        }
    }
}

/// A client's text, short enough to repeat.
pub(crate) fn shorten(text: &str) -> String {
    const MOST: usize = 100;
    if text.chars().count() <= MOST {
        text.to_owned()
    } else {
        text.chars().take(MOST).chain(['…']).collect()
    }
}

impl From<NoThumbnail> for ApiError {
    fn from(why: NoThumbnail) -> Self {
        Self::NoThumbnail(why)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ImageStoreError> for ApiError {
    fn from(error: ImageStoreError) -> Self {
        match error {
            ImageStoreError::Missing(images) => Self::UnknownPhotos(images),
            error => Self::Images(error),
        }
    }
}
