//! Photos in: what the server lacks, and photos that it has.

use photo_core::job::Priority;
use photo_core::{ImageKey, ModelName};
use serde_json::json;

use super::{Accepted, CallError, Lacking, Server};

/// What is to be done with the photos.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Which models are to look at them.
    pub(crate) models: Vec<ModelName>,
    /// Who goes first.
    pub(crate) priority: Priority,
    /// Whether finished jobs are done again.
    pub(crate) rerun: bool,
    /// Whom the server tells when a photo is done.
    pub(crate) callback: Option<String>,
}

impl Asked {
    /// Whether the server must be asked also where it has all jobs already.
    pub(crate) fn is_of_old_jobs(&self) -> bool {
        self.rerun || self.callback.is_some()
    }

    /// The same in a query, where the server reads it before the first photo.
    pub(super) fn query(&self) -> Vec<(&'static str, String)> {
        let names: Vec<&str> = self.models.iter().map(ModelName::as_str).collect();
        let mut query =
            vec![("models", names.join(",")), ("priority", priority(self.priority).to_owned())];
        if self.rerun {
            query.push(("rerun", "true".to_owned()));
        }
        query.extend(self.callback.clone().map(|url| ("callback", url)));
        query
    }
}

impl Server {
    /// Asks which of these photos, and which of their jobs, the server does not have.
    pub(crate) async fn check(
        &self,
        images: &[ImageKey],
        models: &[ModelName],
    ) -> Result<Lacking, CallError> {
        self.ask("/predict/check", &json!({"images": images, "models": models})).await
    }

    /// Submits photos that the server has. Tried once: what it lacks meanwhile, or has no room
    /// for, is the caller's to deal with.
    pub(crate) async fn submit_stored(
        &self,
        images: &[ImageKey],
        asked: &Asked,
    ) -> Result<Accepted, CallError> {
        let mut body = json!({
            "images": images,
            "models": asked.models,
            "priority": asked.priority,
            "rerun": asked.rerun,
        });
        if let Some(callback) = &asked.callback {
            body["callback"] = json!(callback);
        }
        let accepted: Accepted = self.call(self.post("/predict").json(&body)).await?;
        self.one_hash_each(accepted, images.len())
    }

    /// An answer is of use only if it is clear which hash is whose.
    pub(super) fn one_hash_each(
        &self,
        accepted: Accepted,
        photos: usize,
    ) -> Result<Accepted, CallError> {
        let hashes = accepted.images.len();
        if hashes == photos {
            Ok(accepted)
        } else {
            Err(self.garbled(&format!("{hashes} hashes for {photos} photos")))
        }
    }
}

fn priority(priority: Priority) -> &'static str {
    match priority {
        Priority::High => "high",
        Priority::Normal => "normal",
        Priority::Low => "low",
    }
}
