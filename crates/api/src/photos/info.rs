//! `GET /images/<md5>/info`: what is known of a stored photo, without its bytes.

use std::io::Cursor;

use actix_web::{HttpResponse, web};
use futures_util::TryStreamExt;
use photo_core::photo_format::{Header, Orientation};
use photo_core::{ImageInfo, ImageKey, PhotoFormat, Sha256Digest};
use serde::Serialize;
use utoipa::ToSchema;

use super::photo_error::PhotoError;
use crate::app::AppState;
use crate::app::job_views::photo_notes;
use crate::http::image_id::parse_image_id;
use crate::http::problem::Problem;

/// How many bytes of a photo are read for an orientation that its record does not tell.
const MAX_HEAD_BYTES: usize = 256 << 10;

/// What is known of a stored photo.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImageInfoView {
    image: ImageKey,
    /// What the photo is, by its content.
    #[schema(value_type = String)]
    format: PhotoFormat,
    media_type: &'static str,
    bytes: u64,
    /// The stored pixels from left to right, before they are turned; not there for camera RAW that
    /// does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    width: Option<u32>,
    /// The stored pixels from top to bottom.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    height: Option<u32>,
    /// How the stored pixels are to be turned to stand upright, as Exif numbers it.
    #[schema(minimum = 1, maximum = 8)]
    orientation: u8,
    #[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
    sha256: Sha256Digest,
    /// What is wrong with the photo, in sentences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, min_items = 1)]
    notes: Vec<String>,
}

/// Describes a stored photo.
pub(crate) async fn show(
    state: web::Data<AppState>,
    image: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let image = parse_image_id(&image)?;
    let info = state.stores.images.stat(image).await?.ok_or(PhotoError::Unknown(image))?;
    let orientation = match info.orientation() {
        Some(orientation) => orientation,
        None => read_orientation(&state, &info).await?,
    };
    let notes = photo_notes(&state.stores, &[image]).await.remove(&image).unwrap_or_default();
    let size = (info.dimensions.pixels() > 0).then_some(info.dimensions);
    Ok(HttpResponse::Ok().json(ImageInfoView {
        image,
        format: info.format,
        media_type: info.format.media_type(),
        bytes: info.bytes,
        width: size.map(|size| size.width),
        height: size.map(|size| size.height),
        orientation: orientation.number(),
        sha256: info.sha256,
        notes,
    }))
}

/// The orientation of a photo whose record was written before it was kept there, from the photo's
/// beginning.
async fn read_orientation(state: &AppState, info: &ImageInfo) -> Result<Orientation, Problem> {
    let Some((_, mut pieces)) = state.stores.images.open(info.md5).await? else {
        return Err(PhotoError::Unknown(info.md5).into());
    };
    let mut head = Vec::new();
    while head.len() < MAX_HEAD_BYTES
        && let Some(piece) = pieces.try_next().await?
    {
        head.extend_from_slice(&piece);
    }
    let header = Header::read(info.format, Cursor::new(head));
    Ok(header.map_or(Orientation::UPRIGHT, |header| header.orientation))
}
