//! Every route.

use actix_web::dev::HttpServiceFactory;
use actix_web::middleware::from_fn;
use actix_web::{HttpRequest, Resource, Route, web};

use crate::error::ApiError;
use crate::{
    access, banner, cancel, events, failures, fsck, health, image_info, images, models, openapi,
    page, predict, queues, register, retry, status,
};

/// Adds every route to a server whose `app_data` is an [`crate::AppState`].
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(resource("/", "GET, HEAD", [web::get(), web::head()], banner::show))
        .service(resource("/page/{file:.+}", "GET, HEAD", [web::get(), web::head()], page::file))
        .service(resource("/openapi.json", "GET, HEAD", [web::get(), web::head()], openapi::show))
        .service(resource("/docs", "GET, HEAD", [web::get(), web::head()], page::docs))
        .service(resource("/models", "GET", [web::get()], models::list))
        .service(resource("/models/{model}", "DELETE", [web::delete()], models::remove::remove))
        .service(
            resource("/predict", "POST", [web::post()], predict::accept)
                .wrap(from_fn(access::takes_json_or_form)),
        )
        .service(resource("/events", "GET", [web::get()], events::follow))
        .service(json("/predict/check", predict::lacking))
        .service(json("/predict/events", events::follow_many))
        .service(json("/predict/status", status::show_many))
        .service(json("/predict/cancel", cancel::cancel))
        .service(json("/predict/retry", retry::retry))
        .service(resource("/predict/{image}", "GET", [web::get()], status::show))
        .service(resource("/failures", "GET", [web::get()], failures::list))
        .service(resource("/queues", "GET", [web::get()], queues::list))
        .service(resource("/fsck", "POST", [web::post()], fsck::walk))
        .service(resource(
            "/images/{image}/info",
            "GET, HEAD",
            [web::get(), web::head()],
            image_info::show,
        ))
        .service(resource("/images/{image}", "GET, HEAD", [web::get(), web::head()], images::show))
        .service(resource("/health/live", "GET", [web::get()], health::live))
        .service(resource("/health/ready", "GET", [web::get()], health::ready));
    for path in ["/register", "/register/", "/model/register", "/model/register/"] {
        config.service(json(path, register::announce));
    }
    config.default_service(web::to(|request: HttpRequest| async move {
        Err::<&str, _>(ApiError::UnknownPath(request.path().to_owned()))
    }));
}

/// One path to which JSON is posted.
fn json<F, Args>(path: &str, handler: F) -> impl HttpServiceFactory + use<F, Args>
where
    F: actix_web::Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: actix_web::Responder + 'static,
{
    resource(path, "POST", [web::post()], handler).wrap(from_fn(access::takes_json))
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
