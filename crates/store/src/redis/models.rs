//! What models and dispatchers say about models.

use std::time::Duration;

use photo_core::job::{Announcement, KnownModel};
use photo_core::ports::StoreError;
use photo_core::{JobError, ModelName};

use super::RedisJobStore;
use super::error::unexpected;
use super::outcome::{json, parse_error};
use super::record::parse_model;
use super::rules::millis;

/// What the script answers per model: its name, its endpoints, its classes, its hold.
type PackedModel = (String, Vec<String>, Vec<u8>, Vec<u8>);

impl RedisJobStore {
    pub(super) async fn note_announcement(
        &self,
        announcement: &Announcement,
    ) -> Result<bool, StoreError> {
        let mut call = self.call(&self.scripts.announce);
        call.arg(announcement.model.as_str()).arg(&announcement.url);
        call.arg(millis(announcement.lifetime));
        self.beat.run(&call).await
    }

    pub(super) async fn keep_classes(
        &self,
        model: &ModelName,
        classes: &serde_json::Value,
    ) -> Result<(), StoreError> {
        let mut call = self.call(&self.scripts.describe);
        call.arg(model.as_str()).arg(classes.to_string());
        self.beat.run(&call).await
    }

    pub(super) async fn keep_hold(
        &self,
        model: &ModelName,
        reason: Option<&JobError>,
        lifetime: Duration,
    ) -> Result<(), StoreError> {
        let mut call = self.call(&self.scripts.hold);
        // Redis has no key that lives for no time at all.
        call.arg(model.as_str()).arg(millis(lifetime).max(1));
        call.arg(reason.map(json).unwrap_or_default());
        self.beat.run(&call).await
    }

    pub(super) async fn read_models(&self) -> Result<Vec<KnownModel>, StoreError> {
        let answers: Vec<PackedModel> = self.beat.run(&self.call(&self.scripts.models)).await?;
        let mut models =
            answers.into_iter().map(unpack_model).collect::<Result<Vec<_>, StoreError>>()?;
        models.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(models)
    }
}

fn unpack_model(packed: PackedModel) -> Result<KnownModel, StoreError> {
    let (name, mut endpoints, classes, hold) = packed;
    endpoints.sort_unstable();
    let given = |json: Vec<u8>| (!json.is_empty()).then_some(json);
    let classes = given(classes)
        .map(|json| serde_json::from_slice(&json).map_err(|_| unexpected("a model's classes")))
        .transpose()?;
    let hold = given(hold).map(|json| parse_error(&json)).transpose()?;
    Ok(KnownModel { name: parse_model(&name)?, endpoints, classes, hold })
}
