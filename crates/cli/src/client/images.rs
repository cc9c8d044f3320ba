//! How far images have come.

use std::collections::BTreeMap;

use photo_core::ImageKey;
use serde_json::json;

use super::wire::Statuses;
use super::{CallError, ImageView, Server};

/// The most images that the server is asked about at once.
pub(crate) const MOST_IMAGES: usize = 1_000;

impl Server {
    /// How far one image has come, with what its unfinished jobs wait for; `None` if no job of it
    /// is known.
    pub(crate) async fn image(&self, image: ImageKey) -> Result<Option<ImageView>, CallError> {
        let path = format!("/predict/{image}");
        match self.persist(|| self.call(self.get(&path))).await {
            Ok(view) => Ok(Some(view)),
            Err(error) if error.problem().is_some_and(|problem| problem.status == 404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// How far images have come; those of which no job is known are left out. Where their results
    /// are too many for one answer they are asked for in smaller parts.
    pub(crate) async fn images(
        &self,
        images: &[ImageKey],
    ) -> Result<BTreeMap<ImageKey, ImageView>, CallError> {
        let mut found = BTreeMap::new();
        let mut parts: Vec<&[ImageKey]> = images.chunks(MOST_IMAGES).rev().collect();
        while let Some(part) = parts.pop() {
            match self.ask::<Statuses>("/predict/status", &json!({"images": part})).await {
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
