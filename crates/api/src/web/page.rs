//! The page for people: HTML, style sheets and ES modules from `crates/api/page`, embedded in the
//! program as they are. They load nothing from anywhere else.

mod preference;

use actix_web::http::header::{self, ContentType, EntityTag};
use actix_web::{HttpRequest, HttpResponse, mime, web};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::http::etag;
use crate::http::problem::Problem;
use crate::http::request_error::RequestError;

pub(crate) use self::preference::prefers_html;

/// What the page may do. File names and models' answers are shown on it: should one of them ever be
/// taken for markup, nothing in it would run, and nothing would be fetched or sent elsewhere. The
/// page's one worker needs a policy of its own to be started; no other text can become a script.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' blob: data:; connect-src 'self'; worker-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
    trusted-types page-worker";

#[derive(RustEmbed)]
#[folder = "page"]
struct Files;

/// `GET /` for clients that prefer HTML.
pub(crate) fn show(request: &HttpRequest) -> Result<HttpResponse, Problem> {
    answer(request, "index.html")
}

/// `GET /docs`: the API's reference.
pub(crate) async fn docs(request: HttpRequest) -> Result<HttpResponse, Problem> {
    answer(&request, "docs.html")
}

/// `GET /page/<file>`: one of the files the page is made of.
pub(crate) async fn file(
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    answer(&request, &name)
}

fn answer(request: &HttpRequest, name: &str) -> Result<HttpResponse, Problem> {
    let Some((file, media_type)) = Files::get(name).zip(media_type(name)) else {
        return Err(RequestError::UnknownPath(request.path().to_owned()).into());
    };
    let EmbeddedFile { data, metadata } = file;
    let tag = EntityTag::new_strong(hex::encode(metadata.sha256_hash()));
    let is_known = etag::is_known(request, &tag);
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header(header::ETag(tag))
        // Asked again each time, so that a new version of the program has a new page at once.
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::VARY, "accept"))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::REFERRER_POLICY, "no-referrer"));
    if is_known {
        return Ok(response.finish());
    }
    Ok(response.insert_header(media_type).body(data.into_owned()))
}

/// By the name's ending. Other files in the folder are not part of the page.
fn media_type(name: &str) -> Option<ContentType> {
    let (_, ending) = name.rsplit_once('.')?;
    Some(match ending {
        "html" => ContentType::html(),
        "css" => ContentType(mime::TEXT_CSS_UTF_8),
        "js" => ContentType(mime::TEXT_JAVASCRIPT),
        "svg" => ContentType(mime::IMAGE_SVG),
        _ => return None,
    })
}
