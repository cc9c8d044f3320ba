//! Image ids in paths, queries and bodies.

use photo_core::ImageKey;

use crate::http::request_error::RequestError;

/// Reads an image id; its letters may be capitals, as Windows prints them.
pub(crate) fn parse_image_id(text: &str) -> Result<ImageKey, RequestError> {
    text.to_ascii_lowercase().parse().map_err(|_| RequestError::MalformedImageId(text.to_owned()))
}
