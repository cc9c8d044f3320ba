//! `GET /images/<md5>?width=320`: a photo made small, for lists of many.

use actix_web::http::header::{self, EntityTag};
use actix_web::{HttpRequest, HttpResponse};
use photo_core::ImageKey;

use super::caching::{found, not_modified};
use super::photo_error::PhotoError;
use crate::app::AppState;
use crate::http::etag;
use crate::http::problem::Problem;
use crate::http::query::{Query, wrong};
use crate::http::request_error::RequestError;

/// The sizes there are: few, so that browsers and proxies keep them.
pub(crate) const WIDTHS: [u32; 3] = [160, 320, 640];

/// Part of every thumbnail's ETag: changes whenever the same photo comes out as other bytes.
const MADE_AS: u8 = 2;

/// The width that a query asks for, if it asks for one.
pub(crate) fn width(query: &Query) -> Result<Option<u32>, RequestError> {
    let width = query.get("width").map(|text| {
        let width = text.parse().ok().filter(|width| WIDTHS.contains(width));
        width.ok_or_else(|| wrong("width", text, "160, 320 or 640"))
    });
    width.transpose()
}

/// Sends a photo made small.
pub(super) async fn show(
    request: &HttpRequest,
    state: &AppState,
    image: ImageKey,
    width: u32,
) -> Result<HttpResponse, Problem> {
    let Some(info) = state.stores.images.stat(image).await? else {
        // If it is damaged, that says so.
        state.stores.images.open(image).await?;
        return Err(PhotoError::Unknown(image).into());
    };
    let tag = EntityTag::new_strong(format!("{image}-{width}-{MADE_AS}"));
    if etag::is_known(request, &tag) {
        return Ok(not_modified(tag));
    }
    let made = state.thumbnails.make(&state.stores, &info, width).await?;
    let thumbnail = made.ok_or(PhotoError::Unknown(image))?;
    let name = format!("inline; filename=\"{image}-{width}.jpg\"");
    Ok(found(tag)
        .insert_header((header::CONTENT_TYPE, "image/jpeg"))
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(thumbnail))
}
