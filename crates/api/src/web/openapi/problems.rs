//! Failures in the document: taken from [`Problem`] itself, so that their titles, statuses, headers
//! and examples are those that clients see.

use std::collections::BTreeMap;

use actix_web::ResponseError;
use actix_web::http::header::ALLOW;
use photo_core::ImageKey;
use photo_core::ports::{ImageStoreError, StoreError};
use serde_json::{Value, json};

use super::examples::IMAGE;
use super::schemas::Members;
use crate::http::problem::Problem;
use crate::http::request_error::RequestError;
use crate::jobs::cancel::CancelError;
use crate::jobs::selection::SelectionError;

/// The media type of RFC 9457.
const MEDIA_TYPE: &str = "application/problem+json";

/// The image in the examples.
pub(super) fn image() -> ImageKey {
    IMAGE.parse().expect("the example is a hash, as a test sees")
}

/// The job store is away, or holds what it cannot have written.
pub(super) fn no_jobs() -> Vec<Problem> {
    vec![
        StoreError::unavailable("no connection").into(),
        StoreError::Corrupt("a job without a state".to_owned()).into(),
    ]
}

/// The image store is away.
pub(super) fn no_images() -> Vec<Problem> {
    vec![ImageStoreError::unavailable("no such folder").into()]
}

/// Either store is away.
pub(super) fn no_stores() -> Vec<Problem> {
    both(no_jobs(), no_images())
}

/// The same where jobs are cancelled, which may succeed in one of the two.
pub(super) fn no_stores_for_cancelling() -> Vec<Problem> {
    let cause = ImageStoreError::unavailable("no such folder");
    both(no_stores(), vec![CancelError::NotWrittenDown(cause).into()])
}

/// There is no room for photos, or for jobs.
pub(super) fn no_room() -> Vec<Problem> {
    vec![
        ImageStoreError::Full("no space left on device".into()).into(),
        StoreError::Full("out of memory".into()).into(),
    ]
}

/// One and other failures.
pub(super) fn both(mut one: Vec<Problem>, other: Vec<Problem>) -> Vec<Problem> {
    one.extend(other);
    one
}

/// A request that cannot be read, for this reason among others.
pub(super) fn unreadable(example: &str) -> Problem {
    RequestError::Unreadable(example.to_owned()).into()
}

/// A body that is not said to be JSON.
pub(super) fn no_json() -> Problem {
    let given = Some("text/plain".to_owned());
    RequestError::WrongMediaType { given, takes: &["application/json"] }.into()
}

/// What can be wrong with a body that names images and models.
pub(super) fn wrong_names() -> Vec<Problem> {
    vec![
        no_json(),
        unreadable(
            "The body is not {\"images\": [\"<hash>\", …], \"models\": [\"NAME\", …]}: EOF.",
        ),
        RequestError::MalformedImageId("nonsense".to_owned()).into(),
        SelectionError::UnknownModels { unknown: vec!["nope".to_owned()], known: Vec::new() }
            .into(),
        RequestError::TooSlow.into(),
        SelectionError::TooManyPhotos { limit: 10_000 }.into(),
    ]
}

/// The responses to these failures, by status.
pub(super) fn responses(failures: Vec<Problem>) -> BTreeMap<String, Value> {
    let mut by_status: BTreeMap<u16, Vec<Problem>> = BTreeMap::new();
    for failure in failures {
        by_status.entry(failure.status_code().as_u16()).or_default().push(failure);
    }
    let all = by_status.into_iter().map(|(status, them)| (status.to_string(), response(&them)));
    all.collect()
}

/// The response to failures that have their status in common.
pub(super) fn response(failures: &[Problem]) -> Value {
    let mut titles: Vec<&str> = Vec::new();
    let mut examples = Members::new();
    for failure in failures {
        if !titles.contains(&failure.title()) {
            titles.push(failure.title());
            examples.insert(key(failure.title()), json!({"value": failure.body()}));
        }
    }
    let mut response = json!({
        "description": format!("{}.", titles.join(" · ")),
        "content": {MEDIA_TYPE: {
            "schema": {"$ref": "#/components/schemas/Problem"},
            "examples": examples,
        }},
    });
    if failures.iter().any(|failure| failure.retry_after_seconds().is_some()) {
        response["headers"]["Retry-After"] = json!({
            "description": "After how many seconds to send the request again.",
            "schema": {"type": "integer", "minimum": 1},
            "required": true,
        });
    }
    if failures.iter().any(|failure| failure.has_header(&ALLOW)) {
        response["headers"]["Allow"] = json!({
            "description": "The methods that the path answers to.",
            "schema": {"type": "string"},
            "required": true,
        });
    }
    response
}

/// A photo that is not taken.
fn refused_photo() -> Value {
    json!({
        "type": "object",
        "required": ["position", "title", "reason"],
        "properties": {
            "position": {"type": "integer", "minimum": 1,
                         "description": "Which photo of the form it is, counted from 1."},
            "file_name": {"type": "string",
                          "description": "The name that its part has for the file, if any: shortened, \
                                          and control characters written as `\\u{1}`."},
            "title": {"type": "string", "description": "What is wrong, the same for all of a kind."},
            "reason": {"type": "string", "description": "What is wrong with the photo: \"is empty\"."},
        },
        "additionalProperties": false,
    })
}

/// A title as the name of an example.
fn key(title: &str) -> String {
    title.to_lowercase().replace(' ', "_")
}

/// The body of every failure.
pub(super) fn schema() -> Value {
    let names = json!({"type": "array", "items": {"type": "string"}});
    let models = json!({"type": "array", "items": {"$ref": "#/components/schemas/ModelName"}});
    let images = json!({"type": "array", "items": {"$ref": "#/components/schemas/ImageKey"}});
    let described = |text: &str, mut schema: Value| {
        schema["description"] = json!(text);
        schema
    };
    json!({
        "type": "object",
        "description": "What was wrong and what to do, as RFC 9457 has it. Of a request that failed \
                        nothing is left behind, unless `detail` says so.",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"const": "about:blank", "description": "The title says what the problem is."},
            "title": {"type": "string", "description": "What was wrong, the same for all of a kind."},
            "status": {"type": "integer", "minimum": 400, "maximum": 599,
                       "description": "The HTTP status."},
            "detail": {"type": "string", "description": "What was wrong, and what to do."},
            "unknown_models": described("The names that no model has.", names),
            "models": described("The models there are.", models),
            "missing_images": described("The photos that are not stored.", images),
            "photo": {"type": "integer", "minimum": 1,
                      "description": "Which photo of the form it is about, counted from 1: the \
                                      first refused one."},
            "refused_images": described(
                "All refused photos of the form, in its order; 1,000 at most.",
                json!({"type": "array", "minItems": 1, "items": refused_photo()}),
            ),
            "model": {"$ref": "#/components/schemas/ModelName",
                      "description": "The model whose queue it is about."},
        },
        "additionalProperties": false,
    })
}
