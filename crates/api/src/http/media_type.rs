//! What a body must be. A page can have a browser send text anywhere; for JSON it must be allowed
//! to.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError};

use crate::http::problem::Problem;
use crate::http::request_error::RequestError;
use crate::http::text::shorten;

const JSON: &str = "application/json";
const FORM: &str = "multipart/form-data";

/// Refuses a post whose body is not said to be JSON.
pub(crate) async fn takes_json<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    takes(&[JSON], request, next).await
}

/// Refuses a post whose body is said to be neither JSON nor a form.
pub(crate) async fn takes_json_or_form<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    takes(&[FORM, JSON], request, next).await
}

async fn takes<B: MessageBody>(
    types: &'static [&'static str],
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    // Requests with other methods are refused for their method.
    if request.method() != Method::POST || is_one_of(types, request.headers()) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let given = request.headers().get(CONTENT_TYPE);
    let given = given.map(|given| shorten(&String::from_utf8_lossy(given.as_bytes())));
    let refusal = RequestError::WrongMediaType { given, takes: types };
    Ok(request.into_response(Problem::from(refusal).error_response()).map_into_right_body())
}

fn is_one_of(types: &[&str], headers: &HeaderMap) -> bool {
    let given = headers.get(CONTENT_TYPE).and_then(|given| given.to_str().ok());
    let given = given.and_then(|given| given.split(';').next()).unwrap_or_default().trim();
    types.iter().any(|it| given.eq_ignore_ascii_case(it))
}
