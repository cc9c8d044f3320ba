//! Why there is no small version of a photo.

use actix_web::http::StatusCode;
use photo_core::PhotoFormat;
use photo_core::ports::ImageStoreError;
use thiserror::Error;

use crate::http::problem::Problem;

/// What helps in every case.
const ADVICE: &str = "Ask for the photo itself, without `width`.";

/// The photo is there, and cannot be made small; or it cannot be read now.
#[derive(Debug, Error)]
pub(crate) enum ThumbnailError {
    /// The format cannot be decoded here.
    #[error("{0} photos cannot be previewed here. {ADVICE}")]
    Format(PhotoFormat),
    /// This kind of the format cannot.
    #[error("This kind of {format} is unsupported: {kind}. {ADVICE}")]
    Kind { format: PhotoFormat, kind: String },
    /// Its header can be read and its pixels cannot.
    #[error("The photo's pixels cannot be read. {ADVICE}")]
    Unreadable,
    /// It would take too much memory.
    #[error(
        "Making the photo small would take up to {needed_mib} MiB of memory, and thumbnails may take \
         {limit_mib} MiB here. {ADVICE}"
    )]
    TooLarge { needed_mib: u64, limit_mib: u32 },
    #[error(transparent)]
    Images(#[from] ImageStoreError),
}

impl From<ThumbnailError> for Problem {
    fn from(error: ThumbnailError) -> Self {
        let status = match error {
            ThumbnailError::Images(error) => return error.into(),
            ThumbnailError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        };
        Self::new(status, "No thumbnail", &error)
    }
}
