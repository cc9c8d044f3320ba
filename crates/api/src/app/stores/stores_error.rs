//! The problems of the stores, in one place for all features.

use actix_web::http::StatusCode;
use photo_core::ports::{ImageStoreError, StoreError};
use serde_json::json;
use thiserror::Error;

use crate::http::problem::Problem;

/// How long clients are asked to wait for a store that is away, in seconds.
const RETRY_AWAY_SECONDS: u64 = 5;

/// How long clients are asked to wait for room on a disk, in seconds. Somebody has to make it.
const RETRY_FULL_SECONDS: u64 = 60;

/// One of the stores failed.
#[derive(Debug, Error)]
pub(crate) enum StoresError {
    #[error(transparent)]
    Jobs(#[from] StoreError),
    #[error(transparent)]
    Images(#[from] ImageStoreError),
}

impl From<StoresError> for Problem {
    fn from(error: StoresError) -> Self {
        match error {
            StoresError::Jobs(error) => error.into(),
            StoresError::Images(error) => error.into(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Full(_) => full(
                "No room for jobs",
                "There is no room left for jobs. Send the request again when the operator has made \
                 room; a photo posted twice is not worked on twice.",
            ),
            StoreError::Corrupt(_) => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "Job store unreadable",
                "The job store holds something that this server cannot read. The operator must look \
                 at it; the server's log says what it is.",
            ),
            StoreError::Unavailable(_) => unavailable(
                "Job store unavailable",
                "The job store cannot be reached now. Send the request again; a photo posted twice is \
                 not worked on twice.",
            ),
        }
        .with_cause(&error)
    }
}

impl From<ImageStoreError> for Problem {
    fn from(error: ImageStoreError) -> Self {
        match &error {
            ImageStoreError::Missing(images) => Self::new(
                StatusCode::NOT_FOUND,
                "Unknown photos",
                &format!(
                    "{} of the photos named by their hashes are not stored. Nothing of the request \
                     was done; send those photos themselves.",
                    images.len()
                ),
            )
            .with_members(json!({"missing_images": images})),
            ImageStoreError::Full(_) => full(
                "No room for photos",
                "There is no room left for photos. Nothing of the request was kept; the operator must \
                 make room.",
            ),
            // To be posted, as what is not stored: which it is not, as it was.
            ImageStoreError::Damaged(image) => Self::new(
                StatusCode::NOT_FOUND,
                "Damaged image",
                &format!(
                    "What is stored of the image {image} is damaged: the bytes are not those that were \
                     posted, or its record cannot be read. Post the photo to /predict again; that \
                     mends it."
                ),
            ),
            _ => unavailable(
                "Image store unavailable",
                "The image store cannot be reached now. Send the request again; a photo posted twice \
                 is not worked on twice.",
            ),
        }
        .with_cause(&error)
    }
}

/// A problem of a store that is away for a while.
pub(crate) fn unavailable(title: &'static str, detail: &str) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, title, detail)
        .with_retry_after(RETRY_AWAY_SECONDS)
}

fn full(title: &'static str, detail: &str) -> Problem {
    Problem::new(StatusCode::INSUFFICIENT_STORAGE, title, detail)
        .with_retry_after(RETRY_FULL_SECONDS)
}
