//! Who may use the server: the one place that every request goes through first.
//!
//! A server on a person's machine is within reach of every page that the person's browser shows,
//! and the browser says so: what a page of another site asks for is refused unless the operator
//! lists its origin. A page whose own name was made to lead here (DNS rebinding) is the same site
//! to its browser, and is recognised by that name. Clients that are no browsers say nothing of the
//! kind.

mod access_error;
mod host;
mod site;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, CROSS_ORIGIN_RESOURCE_POLICY, HeaderMap, HeaderName,
    HeaderValue, ORIGIN, VARY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{Error, HttpResponse, ResponseError};
use photo_config::ApiConfig;

pub(crate) use self::access_error::AccessError;
pub(crate) use self::host::LocalAddress;
use self::site::RequestOrigin;
use crate::http::problem::Problem;
use crate::http::text::shorten;

/// The methods that some route answers to.
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, DELETE");

/// What pages of allowed origins may read of an answer's head, beside what all may.
const EXPOSED: HeaderValue =
    HeaderValue::from_static("accept-ranges, allow, content-range, etag, retry-after");

/// How long a browser may keep the answer to a preflight, in seconds.
const PREFLIGHT_SECONDS: HeaderValue = HeaderValue::from_static("600");

/// Asked for by browsers that tell machines of a local network from those of the internet.
const REQUEST_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-request-private-network");
const ALLOW_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-allow-private-network");

/// What the head of an answer must say for the page that reads it.
struct AnswerReader {
    /// The origin of the page that may read it, if that is another than the server's.
    allowed: Option<HeaderValue>,
    /// Whether answers depend on `Origin` at all.
    varies: bool,
}

/// What is done with a request.
enum AccessDecision {
    Serve(AnswerReader),
    /// Its browser asks first whether it may send it.
    Preflight(AnswerReader),
}

/// Refuses what a page of another site asks for, and what calls the server by a name that is not
/// its own; tells browsers who may read the answers.
pub(crate) fn guard<S, B>(
    config: &ApiConfig,
    request: ServiceRequest,
    app: &S,
) -> impl Future<Output = Result<ServiceResponse<EitherBody<B>>, Error>> + use<S, B>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let next = match decide(config, &request) {
        Ok(AccessDecision::Serve(reader)) => Ok((app.call(request), reader)),
        Ok(AccessDecision::Preflight(reader)) => Err((preflight(request), reader)),
        Err(refusal) => {
            let nobody = AnswerReader { allowed: None, varies: false };
            Err((request.into_response(Problem::from(refusal).error_response()), nobody))
        }
    };
    async move {
        let (mut answer, reader) = match next {
            Ok((answer, reader)) => (answer.await?.map_into_left_body(), reader),
            Err((answer, reader)) => (answer.map_into_right_body(), reader),
        };
        reader.mark(answer.headers_mut());
        Ok(answer)
    }
}

fn decide(config: &ApiConfig, request: &ServiceRequest) -> Result<AccessDecision, AccessError> {
    host::check(request, &config.allowed_hosts)?;
    let varies = !config.allowed_origins.is_empty();
    let allowed = match site::caller(request.headers()) {
        RequestOrigin::Own => {
            return Ok(AccessDecision::Serve(AnswerReader { allowed: None, varies }));
        }
        RequestOrigin::Other(origin) => config
            .allowed_origins
            .iter()
            .find(|allowed| origin.as_deref() == Some(allowed.as_str()))
            .ok_or(origin),
    };
    match allowed {
        Ok(origin) => {
            let allowed = HeaderValue::from_str(origin.as_str()).ok();
            let reader = AnswerReader { allowed, varies };
            let is_preflight = request.method() == Method::OPTIONS
                && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
            Ok(if is_preflight {
                AccessDecision::Preflight(reader)
            } else {
                AccessDecision::Serve(reader)
            })
        }
        Err(_) if site::opens_a_page(request) => {
            Ok(AccessDecision::Serve(AnswerReader { allowed: None, varies }))
        }
        Err(origin) => {
            Err(AccessError::OtherSite { origin: origin.map(|origin| shorten(&origin)) })
        }
    }
}

/// A page of an allowed origin may ask for anything.
fn preflight(request: ServiceRequest) -> ServiceResponse {
    let mut answer = HttpResponse::NoContent();
    answer
        .insert_header((ACCESS_CONTROL_ALLOW_METHODS, METHODS))
        .insert_header((ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS));
    if let Some(headers) = request.headers().get(ACCESS_CONTROL_REQUEST_HEADERS) {
        answer.insert_header((ACCESS_CONTROL_ALLOW_HEADERS, headers.clone()));
    }
    if request.headers().contains_key(REQUEST_PRIVATE_NETWORK) {
        answer.insert_header((ALLOW_PRIVATE_NETWORK, HeaderValue::from_static("true")));
    }
    answer.append_header((VARY, ACCESS_CONTROL_REQUEST_HEADERS.as_str()));
    request.into_response(answer.finish())
}

impl AnswerReader {
    fn mark(self, headers: &mut HeaderMap) {
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        let readers = if self.allowed.is_some() { "cross-origin" } else { "same-origin" };
        headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static(readers));
        if self.varies {
            headers.append(VARY, HeaderValue::from_static(ORIGIN.as_str()));
        }
        if let Some(origin) = self.allowed {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }
}
