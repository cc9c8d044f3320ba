//! The images and models that a request's body names.

use std::collections::{BTreeSet, HashSet};

use actix_web::web;
use photo_core::job::ModelStats;
use photo_core::{ImageKey, ModelName};
use serde::de::DeserializeOwned;

use crate::app::AppState;
use crate::http::body::read_body;
use crate::http::error::{ApiError, shorten};
use crate::jobs::status::parse_hash;

/// The most images in one request.
pub(crate) const MOST_IMAGES: usize = 10_000;

/// The most models in one request.
pub(crate) const MOST_MODELS: usize = 1_000;

/// The most bytes of a body: so many hashes and names, and as much again for white space.
const MOST_BYTES: usize = 80 * MOST_IMAGES + 140 * MOST_MODELS;

/// A body as JSON, of which `form` is an example.
pub(crate) async fn read<T: DeserializeOwned>(
    body: web::Payload,
    form: &str,
) -> Result<T, ApiError> {
    parse(&read_body(body, MOST_BYTES).await?, form)
}

/// The same of a body that was read. What is wrong is said with the place where it stands.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8], form: &str) -> Result<T, ApiError> {
    // Some editors and shells begin every text with a byte order mark.
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let place = error.path().to_string();
        let place = if place == "." { String::new() } else { format!("`{}`: ", shorten(&place)) };
        format!("{place}{}", error.into_inner())
    });
    let value = value.and_then(|value| json.end().map(|()| value).map_err(|it| it.to_string()));
    value.map_err(|error| ApiError::BadRequest(format!("The body is not {form}: {error}.")))
}

/// Names as clients send them in a text: one, several with commas, or as JSON.
pub(crate) fn split_list(field: &str, text: &str) -> Result<Vec<String>, ApiError> {
    let text = text.trim();
    let wrong = |error: serde_json::Error| {
        ApiError::BadRequest(format!("`{field}` is not a JSON array of texts: {error}."))
    };
    let mut names: Vec<String> = if text.starts_with('[') {
        serde_json::from_str(text).map_err(wrong)?
    } else if text.starts_with('"') {
        vec![serde_json::from_str(text).map_err(wrong)?]
    } else {
        text.split(',').map(|name| name.trim().to_owned()).collect()
    };
    names.retain(|name| !name.is_empty());
    Ok(names)
}

/// The images of these hashes, each once, in their order.
pub(crate) fn images(hashes: &[String]) -> Result<Vec<ImageKey>, ApiError> {
    if hashes.len() > MOST_IMAGES {
        return Err(ApiError::TooManyPhotos { limit: MOST_IMAGES });
    }
    let images = hashes.iter().map(|hash| parse_hash(hash)).collect::<Result<Vec<_>, _>>()?;
    let mut seen = HashSet::new();
    Ok(images.into_iter().filter(|image| seen.insert(*image)).collect())
}

/// The jobs that a body means.
pub(crate) enum Meant {
    /// Those of these images, by these models or by all.
    OfImages(Vec<ImageKey>, Option<Vec<ModelName>>),
    /// Those of all images by these models.
    OfModels(Vec<ModelName>),
}

impl Meant {
    /// Reads what a body names, of which `form` is an example; that must be something.
    pub(crate) async fn read(
        state: &AppState,
        hashes: Option<&[String]>,
        names: Option<&[String]>,
        form: &str,
    ) -> Result<Self, ApiError> {
        let images = hashes.map(images).transpose()?;
        let models = match names {
            Some(names) => Some(models(state, names).await?),
            None => None,
        };
        match (images, models) {
            (Some(images), models) => Ok(Self::OfImages(images, models)),
            (None, Some(models)) => Ok(Self::OfModels(models)),
            (None, None) => Err(ApiError::BadRequest(format!(
                "The body names neither images nor models: expected is {form}."
            ))),
        }
    }
}

/// The models of these names, each once. One that was taken out of the configuration is still
/// known by the jobs it had.
pub(crate) async fn models(state: &AppState, names: &[String]) -> Result<Vec<ModelName>, ApiError> {
    if names.len() > MOST_MODELS {
        let what = format!("More than {MOST_MODELS} models are named.");
        return Err(ApiError::BadRequest(what));
    }
    let (mut models, mut impossible) = (BTreeSet::new(), Vec::new());
    for name in names {
        match name.parse::<ModelName>() {
            Ok(model) => {
                models.insert(model);
            }
            Err(_) => impossible.push(shorten(name)),
        }
    }
    let models: Vec<ModelName> = models.into_iter().collect();
    let unseen = state.unknown_models(&models).await?;
    let stats =
        if unseen.is_empty() { Vec::new() } else { state.jobs.stats(Some(&unseen)).await? };
    let had_no_jobs = |stats: &&ModelStats| stats.counters.values().all(|count| *count == 0);
    let unknown = stats.iter().filter(had_no_jobs).map(|stats| stats.model.to_string());
    let unknown: Vec<String> = unknown.chain(impossible).collect();
    if unknown.is_empty() {
        Ok(models)
    } else {
        Err(ApiError::UnknownModels { unknown, known: state.model_names() })
    }
}
