//! The heads of answers with photos, which browsers and proxies may keep for ever.

use actix_web::http::header::{self, EntityTag};
use actix_web::{HttpResponse, HttpResponseBuilder};

/// The bytes of a hash never change.
const CACHING: &str = "private, max-age=31536000, immutable";

/// Begins and ends the answer to a client that has the photo.
pub(super) fn not_modified(tag: EntityTag) -> HttpResponse {
    HttpResponse::NotModified()
        .insert_header((header::CACHE_CONTROL, CACHING))
        .insert_header(header::ETag(tag))
        .finish()
}

/// Begins the answer with a photo.
pub(super) fn found(tag: EntityTag) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CACHE_CONTROL, CACHING))
        // The photo is the client's: a browser must show it as a photo or not at all.
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .insert_header(header::ETag(tag));
    response
}
