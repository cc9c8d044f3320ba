//! Every route.

use actix_web::{HttpRequest, Resource, Route, web};

use crate::error::ApiError;
use crate::{
    banner, cancel, events, failures, fsck, health, images, models, openapi, page, predict, queues,
    register, retry, status,
};

/// Adds every route to a server whose `app_data` is an [`crate::AppState`].
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(resource("/", "GET, HEAD", [web::get(), web::head()], banner::show))
        .service(resource("/page/{file}", "GET, HEAD", [web::get(), web::head()], page::file))
        .service(resource("/openapi.json", "GET, HEAD", [web::get(), web::head()], openapi::show))
        .service(resource("/docs", "GET, HEAD", [web::get(), web::head()], page::docs))
        .service(resource("/models", "GET", [web::get()], models::list))
        .service(resource("/predict", "POST", [web::post()], predict::accept))
        .service(resource("/events", "GET", [web::get()], events::follow))
        .service(resource("/predict/check", "POST", [web::post()], predict::lacking))
        .service(resource("/predict/events", "POST", [web::post()], events::follow_many))
        .service(resource("/predict/status", "POST", [web::post()], status::show_many))
        .service(resource("/predict/cancel", "POST", [web::post()], cancel::cancel))
        .service(resource("/predict/retry", "POST", [web::post()], retry::retry))
        .service(resource("/predict/{image}", "GET", [web::get()], status::show))
        .service(resource("/failures", "GET", [web::get()], failures::list))
        .service(resource("/queues", "GET", [web::get()], queues::list))
        .service(resource("/fsck", "POST", [web::post()], fsck::walk))
        .service(resource("/images/{image}", "GET, HEAD", [web::get(), web::head()], images::show))
        .service(resource("/health/live", "GET", [web::get()], health::live))
        .service(resource("/health/ready", "GET", [web::get()], health::ready));
    for path in ["/register", "/register/", "/model/register", "/model/register/"] {
        config.service(resource(path, "POST", [web::post()], register::announce));
    }
    config.default_service(web::to(|request: HttpRequest| async move {
        Err::<&str, _>(ApiError::UnknownPath(request.path().to_owned()))
    }));
}

/// One path with one handler; other methods than the `allowed` ones are refused by name.
#[expect(clippy::needless_pass_by_value, reason = "a function is passed, which costs nothing")]
fn resource<F, Args, const N: usize>(
    path: &str,
    allowed: &'static str,
    routes: [Route; N],
    handler: F,
) -> Resource
where
    F: actix_web::Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: actix_web::Responder + 'static,
{
    let resource = web::resource(path).default_service(web::to(move || async move {
        Err::<&str, _>(ApiError::WrongMethod { allowed })
    }));
    routes.into_iter().fold(resource, |resource, route| resource.route(route.to(handler.clone())))
}
