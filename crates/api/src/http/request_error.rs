//! What can be wrong with any request, before a feature looks at it.

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_ENCODING, ALLOW};
use thiserror::Error;

use super::problem::Problem;
use super::text::shorten;

/// Why a request cannot be read, or why its path or method does not exist.
#[derive(Debug, Error)]
pub(crate) enum RequestError {
    /// The path leads nowhere.
    #[error(
        "There is nothing at {0}. Photos are posted to /predict, results are read from \
         /predict/<hash>, and /models lists the models."
    )]
    UnknownPath(String),
    /// The path is right and the method wrong.
    #[error("This path answers to {allowed}.")]
    WrongMethod { allowed: &'static str },
    /// The body is said to be something else than the path takes, or nothing.
    #[error(
        "{}, and this path takes {}: say so in the header Content-Type.",
        given_type(.given.as_deref()), .takes.join(" or ")
    )]
    WrongMediaType { given: Option<String>, takes: &'static [&'static str] },
    /// The body is compressed, in this way.
    #[error(
        "The request's body is compressed (Content-Encoding: {0}), and bodies are read as they are. \
         Send it uncompressed, without `Content-Encoding`."
    )]
    Compressed(String),
    /// The query, the form or the body cannot be read, for this reason.
    #[error("{0}")]
    Unreadable(String),
    /// Not an image id.
    #[error(
        "{:?} is not an image hash: that is 32 hexadecimal digits, the MD5 of the photo's bytes.",
        shorten(.0)
    )]
    MalformedImageId(String),
    /// The client sent too slowly, or not at all, in the middle of its request.
    #[error(
        "The request arrived too slowly, or stopped in the middle, and was given up. Nothing of it was \
         kept; send it again, with fewer photos if it was a slow connection."
    )]
    TooSlow,
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        let (status, title) = match &error {
            RequestError::UnknownPath(_) => (StatusCode::NOT_FOUND, "Unknown path"),
            RequestError::WrongMethod { .. } => (StatusCode::METHOD_NOT_ALLOWED, "Wrong method"),
            RequestError::WrongMediaType { .. } => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Wrong media type")
            }
            RequestError::Compressed(_) => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Compressed request")
            }
            RequestError::Unreadable(_) => (StatusCode::BAD_REQUEST, "Unreadable request"),
            RequestError::MalformedImageId(_) => (StatusCode::BAD_REQUEST, "Malformed image hash"),
            RequestError::TooSlow => (StatusCode::REQUEST_TIMEOUT, "Request too slow"),
        };
        let problem = Self::new(status, title, &error);
        match error {
            RequestError::WrongMethod { allowed } => problem.with_header(ALLOW, allowed),
            RequestError::Compressed(_) => problem.with_header(ACCEPT_ENCODING, "identity"),
            _ => problem,
        }
    }
}

fn given_type(given: Option<&str>) -> String {
    match given {
        Some(given) => format!("The body is said to be {given:?}"),
        None => "The request does not say what its body is".to_owned(),
    }
}
