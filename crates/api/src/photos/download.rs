//! `GET /images/<md5>`: a stored photo, as it was posted or made small.

use actix_web::http::header::{self, EntityTag};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use futures_util::{StreamExt, TryStreamExt, stream};
use photo_core::ImageKey;

use crate::app::AppState;
use crate::app::thumbnails;
use crate::http::byte_range::{self, ByteRange};
use crate::http::error::ApiError;
use crate::http::etag;
use crate::http::query::Query;
use crate::jobs::status::parse_hash;

/// What the query may say.
pub(crate) const KEYS: &[&str] = &["width"];

/// The bytes of a hash never change.
const CACHING: &str = "private, max-age=31536000, immutable";

pub(crate) async fn show(
    request: HttpRequest,
    state: web::Data<AppState>,
    image: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let image = parse_hash(&image)?;
    match thumbnails::width(&Query::parse(request.query_string()))? {
        None => show_photo(&request, &state, image).await,
        Some(width) => show_thumbnail(&request, &state, image, width).await,
    }
}

async fn show_photo(
    request: &HttpRequest,
    state: &AppState,
    image: ImageKey,
) -> Result<HttpResponse, ApiError> {
    let (info, mut bytes) = state.images.open(image).await?.ok_or(ApiError::UnknownPhoto(image))?;
    let tag = EntityTag::new_strong(image.to_string());
    if etag::is_known(request, &tag) {
        return Ok(not_modified(tag));
    }
    if request.method() == Method::HEAD {
        // The bytes are not read.
        bytes = stream::empty().boxed();
    }
    // While an error can still be told. Of a photo of several pieces the last is not sent if it is
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
            state.images.check(image).await?;
            Ok(response
                .status(StatusCode::PARTIAL_CONTENT)
                .insert_header((
                    header::CONTENT_RANGE,
                    format!("bytes {first}-{last}/{}", info.bytes),
                ))
                .no_chunking(last + 1 - first)
                .streaming(byte_range::part(bytes, first, last)))
        }
        ByteRange::Unsatisfiable => Err(ApiError::NoSuchRange { bytes: info.bytes }),
    }
}

async fn show_thumbnail(
    request: &HttpRequest,
    state: &AppState,
    image: ImageKey,
    width: u32,
) -> Result<HttpResponse, ApiError> {
    let Some(info) = state.images.stat(image).await? else {
        // If it is damaged, that says so.
        state.images.open(image).await?;
        return Err(ApiError::UnknownPhoto(image));
    };
    let tag = EntityTag::new_strong(format!("{image}-{width}"));
    if etag::is_known(request, &tag) {
        return Ok(not_modified(tag));
    }
    let made = thumbnails::make(state, &info, width).await?;
    let thumbnail = made.ok_or(ApiError::UnknownPhoto(image))?;
    let name = format!("inline; filename=\"{image}-{width}.jpg\"");
    Ok(found(tag)
        .insert_header((header::CONTENT_TYPE, "image/jpeg"))
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(thumbnail))
}

fn not_modified(tag: EntityTag) -> HttpResponse {
    HttpResponse::NotModified()
        .insert_header((header::CACHE_CONTROL, CACHING))
        .insert_header(header::ETag(tag))
        .finish()
}

fn found(tag: EntityTag) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CACHE_CONTROL, CACHING))
        // The photo is the client's: a browser must show it as a photo or not at all.
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .insert_header(header::ETag(tag));
    response
}
