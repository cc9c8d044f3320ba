//! The jobs that a request selects, by the images and models that it names.

mod selection_error;

use std::collections::{BTreeSet, HashSet};

use actix_web::web;
use photo_core::job::ModelStats;
use photo_core::{ImageKey, ModelName};
use serde::de::DeserializeOwned;

use crate::app::AppState;
use crate::app::job_views::ModelFilter;
use crate::http::body::{read_json, split_list};
use crate::http::image_id::parse_image_id;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::request_error::RequestError;
use crate::http::text::shorten;

pub(crate) use self::selection_error::SelectionError;

/// The most images in one request.
pub(crate) const MAX_IMAGES: usize = 10_000;

/// The most models in one request.
pub(crate) const MAX_MODELS: usize = 1_000;

/// The most bytes of a body: so many hashes and names, and as much again for white space.
const MAX_BODY_BYTES: usize = 80 * MAX_IMAGES + 140 * MAX_MODELS;

/// Reads a body as JSON, of which `form` is an example; it may name [`MAX_IMAGES`] and
/// [`MAX_MODELS`].
pub(crate) async fn read<T: DeserializeOwned>(
    body: web::Payload,
    form: &str,
) -> Result<T, RequestError> {
    read_json(body, MAX_BODY_BYTES, form).await
}

/// Returns the images of these hashes, each once, in their order.
pub(crate) fn images(hashes: &[String]) -> Result<Vec<ImageKey>, Problem> {
    if hashes.len() > MAX_IMAGES {
        return Err(SelectionError::TooManyPhotos { limit: MAX_IMAGES }.into());
    }
    let images = hashes.iter().map(|hash| parse_image_id(hash)).collect::<Result<Vec<_>, _>>()?;
    let mut seen = HashSet::new();
    Ok(images.into_iter().filter(|image| seen.insert(*image)).collect())
}

/// The jobs that a body selects.
pub(crate) enum JobSelection {
    /// Those of these images, by these models or by all.
    OfImages(Vec<ImageKey>, Option<Vec<ModelName>>),
    /// Those of all images by these models.
    OfModels(Vec<ModelName>),
}

impl JobSelection {
    /// Reads what a body names, which must be something; `form` is an example of such a body.
    pub(crate) async fn read(
        state: &AppState,
        hashes: Option<&[String]>,
        names: Option<&[String]>,
        form: &str,
    ) -> Result<Self, Problem> {
        let images = hashes.map(images).transpose()?;
        let models = match names {
            Some(names) => Some(models(state, names).await?),
            None => None,
        };
        match (images, models) {
            (Some(images), models) => Ok(Self::OfImages(images, models)),
            (None, Some(models)) => Ok(Self::OfModels(models)),
            (None, None) => Err(RequestError::Unreadable(format!(
                "The body names neither images nor models: expected is {form}."
            ))
            .into()),
        }
    }
}

/// Returns the models of these names, each once. A model that was taken out of the configuration is
/// still known by the jobs it had.
pub(crate) async fn models(state: &AppState, names: &[String]) -> Result<Vec<ModelName>, Problem> {
    if names.len() > MAX_MODELS {
        let what = format!("More than {MAX_MODELS} models are named.");
        return Err(RequestError::Unreadable(what).into());
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
    let unseen = state.model_names.unknown(&state.stores, &models).await?;
    let stats =
        if unseen.is_empty() { Vec::new() } else { state.stores.jobs.stats(Some(&unseen)).await? };
    let had_no_jobs = |stats: &&ModelStats| stats.counters.values().all(|count| *count == 0);
    let unknown = stats.iter().filter(had_no_jobs).map(|stats| stats.model.to_string());
    let unknown: Vec<String> = unknown.chain(impossible).collect();
    if unknown.is_empty() {
        Ok(models)
    } else {
        Err(SelectionError::UnknownModels { unknown, known: state.model_names.all() }.into())
    }
}

/// Reads whose jobs alone a body is about. An empty list is refused: whether it means all or none
/// is a matter of taste.
pub(crate) async fn filter(
    state: &AppState,
    names: Option<&[String]>,
) -> Result<ModelFilter, Problem> {
    let Some(names) = names else { return Ok(ModelFilter::default()) };
    if names.is_empty() {
        let what = "`models` names no model. Leave it out to ask about all.";
        return Err(RequestError::Unreadable(what.to_owned()).into());
    }
    Ok(ModelFilter::new(&models(state, names).await?))
}

/// Reads whose jobs alone a query is about.
pub(crate) async fn filter_of_query(
    state: &AppState,
    query: &Query,
) -> Result<ModelFilter, Problem> {
    let mut names = None;
    for text in query.all("models") {
        names.get_or_insert_with(Vec::new).extend(split_list("models", text)?);
    }
    filter(state, names.as_deref()).await
}
