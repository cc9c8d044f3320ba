//! Every failure a client can see, and the one place that turns it into an answer.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, ContentType, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use photo_core::ports::{ImageStoreError, PhotoRefusal, StoreError};
use photo_core::{ImageKey, ModelName};
use serde_json::{Value, json};

use crate::rates::Wait;
use crate::thumbnail::NoThumbnail;

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
    /// Not an image hash.
    BadHash(String),
    /// No job of this image is known.
    UnknownImage(ImageKey),
    /// This photo is not stored.
    UnknownPhoto(ImageKey),
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
    /// A photo is not acceptable; `number` counts the form's photos from 1.
    Photo { number: usize, refusal: PhotoRefusal },
    /// More photos than the model's queue ever has room for.
    TooManyForQueue { model: ModelName, limit: u64 },
    /// The model has too many unfinished jobs.
    QueueFull { model: ModelName, limit: u64, wait: Wait },
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
            Self::BadHash(_) => "Malformed image hash",
            Self::UnknownImage(_) => "Unknown image",
            Self::UnknownPhoto(_) => "Unknown photo",
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
            Self::Photo { refusal, .. } => match refusal {
                PhotoRefusal::TooManyBytes { .. } => "Photo too large",
                PhotoRefusal::TooManyPixels { .. } => "Too many pixels",
                PhotoRefusal::Collision(_) => "MD5 collision",
                _ => "Not a photo",
            },
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
            Self::Photo { number, .. } => json!({"photo": number}),
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

/// What was wrong and what to do, for the client.
impl fmt::Display for ApiError {
    #[expect(clippy::too_many_lines, reason = "a table: what is said about each failure")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownPath(path) => write!(
                f,
                "There is nothing at {path}. Photos are posted to /predict, results are read from \
                 /predict/<hash>, and /models lists the models."
            ),
            Self::WrongMethod { allowed } => write!(f, "This path answers to {allowed}."),
            Self::OtherSite { origin: Some(origin) } => write!(
                f,
                "A page of another site ({origin:?}) asked for this, and nothing was done. If its \
                 pages are to use this server, its operator lists that origin in \
                 api.allowed_origins of photo.toml."
            ),
            Self::OtherSite { origin: None } => f.write_str(
                "A page of another site asked for this, and nothing was done. If its pages are to \
                 use this server, its operator lists their origin, such as http://localhost:3000, \
                 in api.allowed_origins of photo.toml.",
            ),
            Self::UnknownHost { host } => write!(
                f,
                "This server is not called {host:?}, and nothing was done. Call it localhost, or \
                 by its IP address; if that name is to lead here, as that of a reverse proxy, its \
                 operator lists it in api.allowed_hosts of photo.toml."
            ),
            Self::WrongMediaType { given, takes } => {
                let takes = takes.join(" or ");
                match given {
                    Some(given) => write!(f, "The body is said to be {given:?}")?,
                    None => f.write_str("The request does not say what its body is")?,
                }
                write!(f, ", and this path takes {takes}: say so in the header Content-Type.")
            }
            Self::BadRequest(what) => f.write_str(what),
            Self::BadHash(text) => write!(
                f,
                "{:?} is not an image hash: that is 32 lower-case hexadecimal digits, the MD5 of \
                 the photo's bytes.",
                shorten(text)
            ),
            Self::UnknownImage(image) => write!(
                f,
                "No job for the image {image} is known: it was never posted, or its results are \
                 past their retention. Post the photo to /predict."
            ),
            Self::UnknownPhoto(image) => {
                write!(f, "No photo with the hash {image} is stored. Post it to /predict.")
            }
            Self::UnknownPhotos(missing) => write!(
                f,
                "{} of the photos named by their hashes are not stored. Nothing of the request \
                 was done; send those photos themselves.",
                missing.len()
            ),
            Self::TooSlow => f.write_str(
                "The request arrived too slowly, or stopped in the middle, and was given up. \
                 Nothing of it was kept; send it again, with fewer photos if it was a slow \
                 connection.",
            ),
            Self::TooManyUploads { limit } => write!(
                f,
                "The server is receiving {limit} uploads, as many as it takes at the same time. \
                 Nothing of the request was read; send it again in a moment."
            ),
            Self::SpoolFull { limit } => write!(
                f,
                "The photos that the server is receiving now have {limit} bytes, as many as it \
                 takes at the same time, or would have with this request. Nothing of it was kept; \
                 send it again in a moment."
            ),
            Self::TooManyStreams { limit } => write!(
                f,
                "{limit} clients are waiting for this server to tell them something, as many as \
                 it takes. Ask again in a moment, or ask for the state without waiting."
            ),
            Self::TooManyWatched { limit } => write!(
                f,
                "{limit} images are waited for, as many as this server takes. Ask again in a \
                 moment, for fewer images, or without waiting."
            ),
            Self::TooManyBytes { limit } => write!(
                f,
                "A request may have {limit} bytes at most. Send the photos in several requests."
            ),
            Self::TooManyResults { limit } => write!(
                f,
                "The results of these images are more than {limit} bytes. Ask for fewer images \
                 at once."
            ),
            Self::NoPhotos => f.write_str(
                "The request has no photo. Send each photo as a file part named `images`: \
                 curl -F images=@photo.jpg -F models=NAME. Of photos that are stored the hashes \
                 will do, as `hashes`.",
            ),
            Self::NoModels => f.write_str(
                "No model is named. Send the names as `models`, in the form or in the query; \
                 /models lists them.",
            ),
            Self::UnknownModels { unknown, .. } => write!(
                f,
                "Unknown models: {}. Nothing of the request was done; /models lists the known \
                 ones.",
                unknown.join(", ")
            ),
            Self::TooManyPhotos { limit } => write!(
                f,
                "A request may have {limit} photos at most. Send the rest in another one."
            ),
            Self::TooManyJobs { limit } => write!(
                f,
                "A request may make {limit} jobs (photos times models) at most. Send the rest in \
                 another one."
            ),
            Self::Photo { number, refusal } => {
                write!(f, "Photo {number} of the form {refusal}. Nothing of the request was kept.")
            }
            Self::TooManyForQueue { model, limit } => write!(
                f,
                "The queue of the model {model} takes {limit} jobs at most, fewer than the \
                 request has photos. Send fewer at once."
            ),
            Self::QueueFull { model, limit, wait } => write!(
                f,
                "The queue of the model {model}, which takes {limit} unfinished jobs, has no room \
                 for this request now: {wait}. Send it again in {} s.",
                wait.seconds()
            ),
            Self::TooManyServices { of, limit } => write!(
                f,
                "{limit} {of} have announced themselves, and no more are taken. Name the model in \
                 the configuration instead."
            ),
            Self::NoThumbnail(why) => {
                match why {
                    NoThumbnail::Format(format) => {
                        write!(f, "{format} photos cannot be previewed here.")
                    }
                    NoThumbnail::Kind { format, kind } => {
                        write!(f, "This kind of {format} is unsupported: {kind}.")
                    }
                    NoThumbnail::Unreadable => f.write_str("The photo's pixels cannot be read."),
                    NoThumbnail::TooLarge { needed_mib, limit_mib } => write!(
                        f,
                        "Making the photo small would take up to {needed_mib} MiB of memory, and \
                         thumbnails may take {limit_mib} MiB here."
                    ),
                }?;
                f.write_str(" Ask for the photo itself, without `width`.")
            }
            Self::UnknownModel { name } => {
                write!(f, "No model is called {name:?}; /models lists those that are known.")
            }
            Self::ModelConfigured { model } => write!(
                f,
                "The model {model} is configured. Take it out of the configuration of all programs \
                 first, and restart them."
            ),
            Self::ModelBusy { model, jobs, with_its_jobs: false } => write!(
                f,
                "The model {model} has {jobs} jobs that are not finished. Wait for them, or have them \
                 cancelled with it: ?cancel=true."
            ),
            Self::ModelBusy { model, jobs, with_its_jobs: true } => write!(
                f,
                "Jobs of the model {model} were cancelled, and {jobs} are left: those that run end with \
                 their attempt, and one request cancels only so many. Send it again in a moment."
            ),
            Self::FsckRuns => f.write_str(
                "This server is comparing photos, records and job store already. Ask again when \
                 that is done.",
            ),
            Self::NotWrittenDown(_) => f.write_str(
                "The jobs are cancelled, but the image store cannot take that down now: a job \
                 store that is lost and filled again would have them done. Send the request again.",
            ),
            Self::Store(StoreError::Full(_)) => f.write_str(
                "There is no room left for jobs. Send the request again when the operator has \
                 made room; a photo posted twice is not worked on twice.",
            ),
            Self::Store(StoreError::Corrupt(_)) => f.write_str(
                "The job store holds something that this server cannot read. The operator must \
                 look at it; the server's log says what it is.",
            ),
            Self::Store(_) => f.write_str(
                "The job store cannot be reached now. Send the request again; a photo posted \
                 twice is not worked on twice.",
            ),
            Self::Images(ImageStoreError::Full(_)) => f.write_str(
                "There is no room left for photos. Nothing of the request was kept; the operator \
                 must make room.",
            ),
            Self::Images(_) => f.write_str(
                "The image store cannot be reached now. Send the request again; a photo posted \
                 twice is not worked on twice.",
            ),
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::UnknownPath(_)
            | Self::UnknownImage(_)
            | Self::UnknownPhoto(_)
            | Self::UnknownPhotos(_)
            | Self::UnknownModel { .. } => StatusCode::NOT_FOUND,
            Self::OtherSite { .. } => StatusCode::FORBIDDEN,
            Self::UnknownHost { .. } => StatusCode::MISDIRECTED_REQUEST,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::WrongMediaType { .. }
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
            Self::Photo { refusal, .. } => match refusal {
                PhotoRefusal::Empty
                | PhotoRefusal::UnknownFormat
                | PhotoRefusal::UnreadableHeader(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
                PhotoRefusal::TooManyBytes { .. } | PhotoRefusal::TooManyPixels { .. } => {
                    StatusCode::PAYLOAD_TOO_LARGE
                }
                PhotoRefusal::Collision(_) => StatusCode::CONFLICT,
            },
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
