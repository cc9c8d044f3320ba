//! Image ids in paths, queries and bodies.

use photo_core::ImageKey;

use super::error::ApiError;

/// Reads an image id; its letters may be capitals, as Windows prints them.
pub(crate) fn parse_image_id(text: &str) -> Result<ImageKey, ApiError> {
    text.to_ascii_lowercase().parse().map_err(|_| ApiError::BadHash(text.to_owned()))
}
