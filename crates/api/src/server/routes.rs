//! Every route.

use actix_web::dev::{HttpServiceFactory, RequestHead};
use actix_web::guard::fn_guard;
use actix_web::http::Method;
use actix_web::http::header::CONTENT_ENCODING;
use actix_web::middleware::from_fn;
use actix_web::{HttpRequest, Resource, web};

use crate::events;
use crate::http::media_type;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::request_error::RequestError;
use crate::http::text::shorten;
use crate::jobs::{cancel, failures, queues, retry, status};
use crate::models::{announcements, list, remove};
use crate::operations::{fsck, health};
use crate::photos::{check as photo_check, download, info, upload};
use crate::web::{banner, openapi, page};

/// The keys that a path's query may have. `None` where others have a say in the URL: links to a
/// page, probes, model services.
type Keys = Option<&'static [&'static str]>;

const ANY: Keys = None;
const NONE: Keys = Some(&[]);

/// Adds every route to a server whose `app_data` is an [`crate::AppState`].
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(get("/", ANY, banner::show))
        .service(get("/page/{file:.+}", ANY, page::file))
        .service(get("/openapi.json", ANY, openapi::show))
        // The page's links are relative to its address.
        .service(web::redirect("/docs/", "../docs").permanent())
        .service(get("/docs", ANY, page::docs))
        .service(get("/models", NONE, list::list))
        .service(
            resource("/models/{model}", "DELETE", Some(remove::KEYS))
                .route(web::delete().to(remove::remove)),
        )
        .service(
            post("/predict", Some(upload::KEYS), upload::accept)
                .wrap(from_fn(media_type::takes_json_or_form)),
        )
        .service(get("/events", Some(events::KEYS), events::follow))
        .service(json("/predict/check", NONE, photo_check::check))
        .service(json("/predict/events", Some(events::KEYS_BESIDE_BODY), events::follow_many))
        .service(json("/predict/status", NONE, status::show_many))
        .service(json("/predict/cancel", NONE, cancel::cancel))
        .service(json("/predict/retry", NONE, retry::retry))
        .service(get("/predict/{image}", Some(status::KEYS), status::show))
        .service(get("/failures", Some(failures::KEYS), failures::list))
        .service(get("/queues", NONE, queues::list))
        .service(post("/fsck", Some(fsck::KEYS), fsck::walk))
        .service(get("/images/{image}/info", NONE, info::show))
        .service(get("/images/{image}", Some(download::KEYS), download::show))
        .service(get("/health/live", ANY, health::live))
        .service(get("/health/ready", ANY, health::ready))
        .service(json("/register", ANY, announcements::announce))
        .service(json("/model/register", ANY, announcements::announce));
    config.default_service(web::to(|request: HttpRequest| async move {
        Err::<&str, Problem>(RequestError::UnknownPath(request.path().to_owned()).into())
    }));
}

/// A path that is read. `HEAD` runs the same handler, and its answer goes out without its body.
fn get<F, Args>(path: &str, keys: Keys, handler: F) -> Resource
where
    F: actix_web::Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: actix_web::Responder + 'static,
{
    resource(path, "GET, HEAD", keys)
        .route(web::get().to(handler.clone()))
        .route(web::head().to(handler))
}

/// A path that something is posted to.
fn post<F, Args>(path: &str, keys: Keys, handler: F) -> Resource
where
    F: actix_web::Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: actix_web::Responder + 'static,
{
    resource(path, "POST", keys).route(web::post().to(handler))
}

/// The same for JSON.
fn json<F, Args>(path: &str, keys: Keys, handler: F) -> impl HttpServiceFactory + use<F, Args>
where
    F: actix_web::Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: actix_web::Responder + 'static,
{
    post(path, keys, handler).wrap(from_fn(media_type::takes_json))
}

/// One path, with a slash at its end or without. Other methods than the `allowed` ones are refused
/// by name, and so is what no handler is to see.
fn resource(path: &str, allowed: &'static str, keys: Keys) -> Resource {
    let paths = match path.strip_suffix('/') {
        Some(_) => vec![path.to_owned()],
        None => vec![path.to_owned(), format!("{path}/")],
    };
    let is_allowed = move |method: &Method| allowed.split(", ").any(|it| method == it);
    let is_refused =
        fn_guard(move |it| is_allowed(&it.head().method) && check(it.head(), keys).is_err());
    let refuse = move |request: HttpRequest| async move {
        check(request.head(), keys)?;
        Err::<&str, Problem>(RequestError::UnknownPath(request.path().to_owned()).into())
    };
    web::resource(paths)
        .default_service(web::to(move || async move {
            Err::<&str, Problem>(RequestError::WrongMethod { allowed }.into())
        }))
        .route(web::route().guard(is_refused).to(refuse))
}

/// Refuses a query with unknown keys, and a compressed body, which no handler would understand.
fn check(head: &RequestHead, keys: Keys) -> Result<(), Problem> {
    if let Some(keys) = keys {
        Query::parse(head.uri.query().unwrap_or_default()).check(keys)?;
    }
    match head.headers.get(CONTENT_ENCODING).filter(|_| head.method == Method::POST) {
        Some(coding) if !coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity") => {
            let coding = String::from_utf8_lossy(coding.as_bytes());
            Err(RequestError::Compressed(shorten(&coding)).into())
        }
        _ => Ok(()),
    }
}
