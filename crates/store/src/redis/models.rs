//! What models and dispatchers say about models.

use std::net::IpAddr;
use std::time::Duration;

use photo_core::job::{AnnouncedEndpoint, Announcement, ForgetModel, KnownEndpoint, KnownModel};
use photo_core::ports::StoreError;
use photo_core::{JobError, ModelName, UnixMillis};

use super::RedisJobStore;
use super::error::unexpected;
use super::outcome::{json, parse_error};
use super::record::parse_model;
use super::rules::millis;

/// What the script answers per model: its name, its endpoints, its classes, its hold, and where the
/// endpoints were announced from.
type PackedModel = (String, Vec<String>, Vec<u8>, Vec<u8>, Vec<Vec<u8>>);

impl RedisJobStore {
    pub(super) async fn note_announcement(
        &self,
        announcement: &Announcement,
    ) -> Result<bool, StoreError> {
        let mut call = self.call(&self.scripts.announce);
        call.arg(announcement.model.as_str()).arg(&announcement.url);
        call.arg(millis(announcement.lifetime));
        call.arg(announcement.from.map(|from| from.to_string()).unwrap_or_default());
        call.arg(millis(Announcement::REMEMBERED)).arg(Announcement::MOST_REMEMBERED);
        self.beat.run(&call).await
    }

    pub(super) async fn read_announced(&self) -> Result<Vec<AnnouncedEndpoint>, StoreError> {
        let mut call = self.call(&self.scripts.announced);
        call.arg(millis(Announcement::REMEMBERED));
        let answers: Vec<(String, String, i64)> = self.beat.run(&call).await?;
        let mut endpoints = answers
            .into_iter()
            .map(|(model, url, left_ms)| {
                Ok(AnnouncedEndpoint { model: parse_model(&model)?, url, left_ms })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        endpoints.sort_by(|one, other| (&one.model, &one.url).cmp(&(&other.model, &other.url)));
        Ok(endpoints)
    }

    pub(super) async fn note_renewals(&self, endpoints: &[Announcement]) -> Result<(), StoreError> {
        // A script takes some thousand arguments.
        for some in endpoints.chunks(500) {
            let mut call = self.call(&self.scripts.renew);
            for Announcement { model, url, lifetime, .. } in some {
                call.arg(model.as_str()).arg(url).arg(millis(*lifetime));
            }
            self.beat.run::<()>(&call).await?;
        }
        Ok(())
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

    pub(super) async fn forget(&self, model: &ModelName) -> Result<ForgetModel, StoreError> {
        let mut call = self.call(&self.scripts.forget);
        call.arg(model.as_str()).arg(millis(KnownModel::FORGOTTEN_FOR));
        let answer: i64 = self.beat.run(&call).await?;
        Ok(match answer {
            -1 => ForgetModel::Forgotten,
            -2 => ForgetModel::Unknown,
            jobs => ForgetModel::Unfinished(u64::try_from(jobs).unwrap_or_default()),
        })
    }

    pub(super) async fn read_models(&self) -> Result<Vec<KnownModel>, StoreError> {
        let (answers, forgotten): (Vec<PackedModel>, Vec<String>) =
            self.beat.run(&self.call(&self.scripts.models)).await?;
        let mut models =
            answers.into_iter().map(unpack_model).collect::<Result<Vec<_>, StoreError>>()?;
        for name in forgotten {
            models.push(KnownModel::forgotten(parse_model(&name)?));
        }
        models.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(models)
    }
}

fn unpack_model(packed: PackedModel) -> Result<KnownModel, StoreError> {
    let (name, endpoints, classes, hold, origins) = packed;
    let endpoints = endpoints.into_iter().zip(&origins);
    let mut endpoints: Vec<_> = endpoints.map(|(url, from)| unpack_endpoint(url, from)).collect();
    endpoints.sort_unstable_by(|one, other| one.url.cmp(&other.url));
    let given = |json: Vec<u8>| (!json.is_empty()).then_some(json);
    let classes = given(classes)
        .map(|json| serde_json::from_slice(&json).map_err(|_| unexpected("a model's classes")))
        .transpose()?;
    let hold = given(hold).map(|json| parse_error(&json)).transpose()?;
    Ok(KnownModel { name: parse_model(&name)?, endpoints, classes, hold, forgotten: false })
}

/// An endpoint with the time in milliseconds and the address that stand beside it, if they do.
fn unpack_endpoint(url: String, origin: &[u8]) -> KnownEndpoint {
    let (mut since, mut from) = (None, None);
    if let Some((time, address)) = origin.split_first_chunk::<6>() {
        let mut millis = [0; 8];
        millis[2..].copy_from_slice(time);
        since = Some(UnixMillis(u64::from_be_bytes(millis)));
        from = std::str::from_utf8(address).ok().and_then(|it| it.parse::<IpAddr>().ok());
    }
    KnownEndpoint { url, from, since }
}
