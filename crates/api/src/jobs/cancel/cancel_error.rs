//! What cancelling can fail of, beside the stores.

use actix_web::http::StatusCode;
use photo_core::ports::ImageStoreError;
use thiserror::Error;

use crate::app::stores::unavailable;
use crate::http::problem::Problem;

/// Why jobs are not cancelled, or not for good.
#[derive(Debug, Error)]
pub(crate) enum CancelError {
    /// The request names images and limits the number of jobs.
    #[error("`limit` is for models alone: name no images, or all that are meant.")]
    LimitWithImages,
    /// The images have more jobs than one answer tells of.
    #[error(
        "The images have more than {limit} jobs, some of which were cancelled. Name fewer images at \
         once."
    )]
    TooManyJobs { limit: usize },
    /// Jobs are cancelled, and that could not be written down beside their photos.
    #[error(
        "The jobs are cancelled, but the image store cannot take that down now: a job store that is \
         lost and filled again would have them done. Send the request again."
    )]
    NotWrittenDown(#[source] ImageStoreError),
}

impl From<CancelError> for Problem {
    fn from(error: CancelError) -> Self {
        let text = error.to_string();
        match error {
            CancelError::LimitWithImages | CancelError::TooManyJobs { .. } => {
                Self::new(StatusCode::BAD_REQUEST, "Unreadable request", &text)
            }
            CancelError::NotWrittenDown(cause) => {
                unavailable("Not written down", &text).with_cause(&cause)
            }
        }
    }
}
