//! `GET /images/<md5>`: a stored photo, as it was posted.

use actix_web::http::header::{self, EntityTag, Header, IfNoneMatch};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::error::ApiError;
use crate::state::AppState;
use crate::status::parse_hash;

pub(crate) async fn show(
    request: HttpRequest,
    state: web::Data<AppState>,
    image: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let image = parse_hash(&image)?;
    let (info, bytes) = state.images.open(image).await?.ok_or(ApiError::UnknownPhoto(image))?;
    // The bytes of a hash never change.
    let tag = EntityTag::new_strong(image.to_string());
    if let Ok(IfNoneMatch::Items(known)) = IfNoneMatch::parse(&request)
        && known.iter().any(|known| known.weak_eq(&tag))
    {
        return Ok(HttpResponse::NotModified().insert_header(header::ETag(tag)).finish());
    }
    let name = format!("inline; filename=\"{image}.{}\"", info.format.extension());
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, info.format.media_type()))
        .insert_header((header::CONTENT_DISPOSITION, name))
        .insert_header((header::CACHE_CONTROL, "private, max-age=31536000, immutable"))
        // The photo is the client's: a browser must show it as a photo or not at all.
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .insert_header(header::ETag(tag))
        .no_chunking(info.bytes)
        .streaming(bytes))
}
