//! How far images have come.

use std::collections::BTreeMap;

use photo_core::{ImageKey, ModelName};
use serde_json::{Value, json};

use super::wire::Statuses;
use super::{CallError, ImageView, Server};

/// The most images that the server is asked about at once.
pub(crate) const MOST_IMAGES: usize = 1_000;

/// A question about images, and about the jobs of these models alone if any are named.
pub(super) fn question(images: &[ImageKey], models: &[ModelName]) -> Value {
    let mut question = json!({"images": images});
    if !models.is_empty() {
        question["models"] = json!(models);
    }
    question
}

impl Server {
    /// How far the jobs of one image by these models have come, all if none is named, with what the
    /// unfinished ones wait for; `None` if none of them is known.
    pub(crate) async fn image(
        &self,
        image: ImageKey,
        models: &[ModelName],
    ) -> Result<Option<ImageView>, CallError> {
        let path = format!("/predict/{image}");
        let names: Vec<&str> = models.iter().map(ModelName::as_str).collect();
        let query = (!names.is_empty()).then(|| ("models", names.join(",")));
        let query: Vec<(&str, String)> = query.into_iter().collect();
        match self.persist(|| self.call(self.get(&path).query(&query))).await {
            Ok(view) => Ok(Some(view)),
            Err(error) if error.problem().is_some_and(|problem| problem.status == 404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The same of many images; those of which no job is known are left out. Where their results
    /// are too many for one answer they are asked for in smaller parts.
    pub(crate) async fn images(
        &self,
        images: &[ImageKey],
        models: &[ModelName],
    ) -> Result<BTreeMap<ImageKey, ImageView>, CallError> {
        let mut found = BTreeMap::new();
        let mut parts: Vec<&[ImageKey]> = images.chunks(MOST_IMAGES).rev().collect();
        while let Some(part) = parts.pop() {
            match self.ask::<Statuses>("/predict/status", &question(part, models)).await {
                Ok(statuses) => found.extend(statuses.images),
                Err(error) => {
                    let is_too_much = error.problem().is_some_and(|it| it.status == 413);
                    if !is_too_much || part.len() < 2 {
                        return Err(error);
                    }
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
            }
        }
        Ok(found)
    }
}
