//! `GET /images/<md5>`: a stored photo, as it was posted.

use actix_web::http::header::{self, EntityTag};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::{StreamExt, TryStreamExt, stream};
use photo_core::ImageKey;

use super::caching::{found, not_modified};
use super::photo_error::PhotoError;
use super::thumbnail;
use crate::app::AppState;
use crate::http::byte_range::{self, ByteRange};
use crate::http::etag;
use crate::http::image_id::parse_image_id;
use crate::http::problem::Problem;
use crate::http::query::Query;

/// What the query may say.
pub(crate) const KEYS: &[&str] = &["width"];

pub(crate) async fn show(
    request: HttpRequest,
    state: web::Data<AppState>,
    image: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let image = parse_image_id(&image)?;
    match thumbnail::width(&Query::parse(request.query_string()))? {
        None => show_photo(&request, &state, image).await,
        Some(width) => thumbnail::show(&request, &state, image, width).await,
    }
}

async fn show_photo(
    request: &HttpRequest,
    state: &AppState,
    image: ImageKey,
) -> Result<HttpResponse, Problem> {
    let (info, mut bytes) =
        state.stores.images.open(image).await?.ok_or(PhotoError::Unknown(image))?;
    let tag = EntityTag::new_strong(image.to_string());
    if etag::is_known(request, &tag) {
        return Ok(not_modified(tag));
    }
    if request.method() == Method::HEAD {
        // The bytes are not read.
        bytes = stream::empty().boxed();
    }
    // While a problem can still be sent. Of a photo of several pieces the last is not sent if it is
    // damaged, so that the answer breaks off.
    let first = bytes.try_next().await?;
    let bytes = stream::iter(first.map(Ok)).chain(bytes).boxed();
    let name = format!("inline; filename=\"{image}.{}\"", info.format.extension());
    let range = ByteRange::of(request, &tag, info.bytes);
    let mut response = found(tag);
    response
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::CONTENT_TYPE, info.format.media_type()))
        .insert_header((header::CONTENT_DISPOSITION, name));
    match range {
        ByteRange::Whole => Ok(response.no_chunking(info.bytes).streaming(bytes)),
        ByteRange::Part { first, last } => {
            // What comes of it alone is not compared with the checksum.
            state.stores.images.check(image).await?;
            Ok(response
                .status(StatusCode::PARTIAL_CONTENT)
                .insert_header((
                    header::CONTENT_RANGE,
                    format!("bytes {first}-{last}/{}", info.bytes),
                ))
                .no_chunking(last + 1 - first)
                .streaming(byte_range::part(bytes, first, last)))
        }
        ByteRange::Unsatisfiable => Err(PhotoError::NoSuchRange { bytes: info.bytes }.into()),
    }
}
