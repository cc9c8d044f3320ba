//! What can be wrong with the images and models that a request names.

use actix_web::http::StatusCode;
use photo_core::ModelName;
use serde_json::json;
use thiserror::Error;

use crate::http::problem::Problem;

/// Why what a request names is not taken.
#[derive(Debug, Error)]
pub(crate) enum SelectionError {
    /// These models are not known; `known` are.
    #[error(
        "Unknown models: {}. Nothing of the request was done; /models lists the known ones.",
        .unknown.join(", ")
    )]
    UnknownModels { unknown: Vec<String>, known: Vec<ModelName> },
    /// More photos than one request may have.
    #[error("A request may have {limit} photos at most. Send the rest in another one.")]
    TooManyPhotos { limit: usize },
}

impl From<SelectionError> for Problem {
    fn from(error: SelectionError) -> Self {
        let text = error.to_string();
        match error {
            SelectionError::UnknownModels { unknown, known } => {
                Self::new(StatusCode::BAD_REQUEST, "Unknown models", &text)
                    .with_members(json!({"unknown_models": unknown, "models": known}))
            }
            SelectionError::TooManyPhotos { .. } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "Too many photos", &text)
            }
        }
    }
}
