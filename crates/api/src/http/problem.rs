//! The form that every failure has (RFC 9457), and the one place that turns a failure into an
//! answer.
//!
//! Each feature has an error of its own that knows its problem: `impl From<FeatureError> for
//! Problem`.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ContentType, HeaderName, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Value, json};

/// Why a request was not done, as the client is told.
#[derive(Debug)]
pub(crate) struct Problem(Box<Parts>);

#[derive(Debug)]
struct Parts {
    status: StatusCode,
    title: &'static str,
    detail: String,
    /// An object: what programs read, beside the members that every problem has.
    members: Value,
    retry_after_seconds: Option<u64>,
    header: Option<(HeaderName, String)>,
    /// What the operator is told and the client is not.
    cause: Option<String>,
}

impl Problem {
    /// A problem with a title, the same for all of a kind, and a detail: what was wrong and what to
    /// do.
    pub(crate) fn new(
        status: StatusCode,
        title: &'static str,
        detail: &(impl ToString + ?Sized),
    ) -> Self {
        Self(Box::new(Parts {
            status,
            title,
            detail: detail.to_string(),
            members: json!({}),
            retry_after_seconds: None,
            header: None,
            cause: None,
        }))
    }

    /// Adds members that programs read, the members of this object.
    pub(crate) fn with_members(mut self, members: Value) -> Self {
        self.0.members = members;
        self
    }

    /// Asks the client to come back after so many seconds.
    pub(crate) fn with_retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after_seconds = Some(seconds);
        self
    }

    /// Adds a header to the answer.
    pub(crate) fn with_header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.0.header = Some((name, value.into()));
        self
    }

    /// Adds what only the log tells.
    pub(crate) fn with_cause(mut self, cause: &impl ToString) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    pub(crate) fn title(&self) -> &'static str {
        self.0.title
    }

    /// Returns after how many seconds the client is asked to come back.
    pub(crate) fn retry_after_seconds(&self) -> Option<u64> {
        self.0.retry_after_seconds
    }

    /// Whether the answer has this header beside those that all failures have.
    pub(crate) fn has_header(&self, name: &HeaderName) -> bool {
        self.0.header.as_ref().is_some_and(|(header, _)| header == name)
    }

    /// Tells the operator of what is not the client's fault.
    pub(crate) fn log(&self) {
        let Parts { status, title, detail, cause, .. } = &*self.0;
        if status.is_server_error() {
            let cause = cause.as_ref().unwrap_or(detail);
            tracing::error!(http.status = status.as_u16(), %cause, "{title}");
        }
    }

    /// Returns the body of the answer.
    pub(crate) fn body(&self) -> Value {
        let Parts { status, title, detail, members, .. } = &*self.0;
        let mut body = members.clone();
        body["type"] = json!("about:blank");
        body["title"] = json!(title);
        body["status"] = json!(status.as_u16());
        body["detail"] = json!(detail);
        body
    }
}

/// The detail.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    fn error_response(&self) -> HttpResponse {
        self.log();
        let mut response = HttpResponse::build(self.0.status);
        // The reason RFC 9457 has a media type of its own: clients can tell it from a result.
        response.insert_header(ContentType(
            "application/problem+json".parse().unwrap_or(actix_web::mime::APPLICATION_JSON),
        ));
        if let Some(seconds) = self.0.retry_after_seconds {
            response.insert_header((RETRY_AFTER, seconds));
        }
        if let Some((name, value)) = &self.0.header {
            response.insert_header((name.clone(), value.as_str()));
        }
        response.json(self.body())
    }
}
