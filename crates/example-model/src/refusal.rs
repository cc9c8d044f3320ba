//! Every answer that is not a measurement.

use actix_multipart::MultipartError;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;
use tracing::info;

use crate::PhotoError;

/// Why a request was not answered with a measurement. The texts are read by people; the shapes
/// are those of the newest template, where it has one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// The model is still loading.
    #[error("Model is not ready to receive predictions.")]
    NotReady,
    /// The request has no file part `image_file`.
    #[error("field required")]
    MissingPart,
    /// The request is not the form that it says it is.
    #[error("There was an error parsing the body: {cause}")]
    MalformedForm {
        /// What is wrong with it. A text, since the error itself cannot change threads.
        cause: String,
    },
    /// No photo of this name is in the shared folder.
    #[error("Invalid file name provided: [{name}]. Unable to find image on server.")]
    NoSuchImage {
        /// What was asked for.
        name: String,
    },
    /// The photo has too many bytes.
    #[error("The photo is larger than this model's limit of {limit} bytes.")]
    TooManyBytes {
        /// The limit.
        limit: usize,
    },
    /// The photo did not arrive in time.
    #[error("The photo did not arrive within {seconds} s.")]
    TooSlow {
        /// The time it had.
        seconds: u64,
    },
    /// The photo is not one, or not one for this model.
    #[error(transparent)]
    Photo(#[from] PhotoError),
    /// The model broke down over the photo, or was told to pretend that it did.
    #[error("Internal Server Error")]
    Broken,
}

impl From<MultipartError> for Refusal {
    fn from(error: MultipartError) -> Self {
        Self::MalformedForm { cause: error.to_string() }
    }
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotReady => StatusCode::SERVICE_UNAVAILABLE,
            Self::MissingPart => StatusCode::UNPROCESSABLE_ENTITY,
            Self::MalformedForm { .. } | Self::NoSuchImage { .. } | Self::Photo(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::TooManyBytes { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow { .. } => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let detail = self.to_string();
        // Quoted, since the text may hold a name that a client chose.
        info!(http.status = self.status_code().as_u16(), ?detail, "did not measure");
        let mut answer = HttpResponse::build(self.status_code());
        match self {
            Self::MissingPart => answer.json(json!({"detail": [{
                "loc": ["body", "image_file"],
                "msg": detail,
                "type": "value_error.missing",
            }]})),
            Self::Broken => answer.content_type("text/plain; charset=utf-8").body(detail),
            _ => answer.json(json!({"status": "failure", "detail": detail})),
        }
    }
}
