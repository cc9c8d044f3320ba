//! Why a stored photo cannot be sent.

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_RANGE;
use photo_core::ImageKey;
use thiserror::Error;

use crate::http::problem::Problem;

/// A photo, or a part of one, that is not there.
#[derive(Debug, Error)]
pub(crate) enum PhotoError {
    /// This photo is not stored.
    #[error("No photo with the hash {0} is stored. Post it to /predict.")]
    Unknown(ImageKey),
    /// The photo has so many bytes, and those asked for lie behind them.
    #[error("The photo has {bytes} bytes, and the range that was asked for lies behind them.")]
    NoSuchRange { bytes: u64 },
}

impl From<PhotoError> for Problem {
    fn from(error: PhotoError) -> Self {
        match error {
            PhotoError::Unknown(_) => Self::new(StatusCode::NOT_FOUND, "Unknown photo", &error),
            PhotoError::NoSuchRange { bytes } => {
                Self::new(StatusCode::RANGE_NOT_SATISFIABLE, "No such range", &error)
                    .with_header(CONTENT_RANGE, format!("bytes */{bytes}"))
            }
        }
    }
}
