//! Why photos are not accepted, beside what can be wrong with any request.

use actix_web::http::StatusCode;
use photo_core::ModelName;
use serde_json::json;
use thiserror::Error;

use crate::app::throughput::QueueWait;
use crate::http::problem::Problem;
use crate::photos::refused_photos::RefusedPhotos;

/// A request for jobs that is refused as a whole.
#[derive(Debug, Error)]
pub(crate) enum UploadError {
    /// The form has no photo.
    #[error(
        "The request has no photo. Send each photo as a file part named `images`: \
         curl -F images=@photo.jpg -F models=NAME. Of photos that are stored the hashes will do, as \
         `hashes`."
    )]
    NoPhotos,
    /// The form and the query name no model.
    #[error(
        "No model is named. Send the names as `models`, in the form or in the query; /models lists \
         them."
    )]
    NoModels,
    /// More photos times models than one request may have.
    #[error(
        "A request may make {limit} jobs (photos times models) at most. Send the rest in another one."
    )]
    TooManyJobs { limit: usize },
    /// More photos than the model's queue ever has room for.
    #[error(
        "The queue of the model {model} takes {limit} jobs at most, fewer than the request has photos. \
         Send fewer at once."
    )]
    TooManyForQueue { model: ModelName, limit: u64 },
    /// The model has too many unfinished jobs.
    #[error(
        "The queue of the model {model}, which takes {limit} unfinished jobs, has no room for this \
         request now: {wait}. Send it again in {} s.",
        .wait.seconds()
    )]
    QueueFull { model: ModelName, limit: u64, wait: QueueWait },
    /// Photos are not acceptable.
    #[error("{0}")]
    Photos(RefusedPhotos),
}

impl From<UploadError> for Problem {
    fn from(error: UploadError) -> Self {
        let text = error.to_string();
        match error {
            UploadError::NoPhotos => Self::new(StatusCode::BAD_REQUEST, "No photos", &text),
            UploadError::NoModels => Self::new(StatusCode::BAD_REQUEST, "No models", &text),
            UploadError::TooManyJobs { .. } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "Too many jobs", &text)
            }
            UploadError::TooManyForQueue { model, .. } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "Too many jobs", &text)
                    .with_members(json!({"model": model}))
            }
            UploadError::QueueFull { model, wait, .. } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "Queue full", &text)
                    .with_members(json!({"model": model}))
                    .with_retry_after(wait.seconds())
            }
            UploadError::Photos(refused) => {
                Self::new(refused.status(), refused.title(), &text).with_members(refused.members())
            }
        }
    }
}
