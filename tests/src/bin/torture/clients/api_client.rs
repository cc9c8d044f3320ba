//! Asking the apis, any of which may be dead or frozen at any time.

use std::sync::Arc;
use std::time::Duration;

use photo_core::ImageKey;
use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::model::Model;
use crate::system::world::World;

/// How long an answer may take. A frozen api is given up, and finds the upload when it goes on:
/// then two apis have the same photos at once.
const TIMEOUT: Duration = Duration::from_secs(3);

/// A client of all apis. Clones share their connections.
#[derive(Clone)]
pub struct ApiClient {
    world: Arc<World>,
    http: reqwest::Client,
}

impl ApiClient {
    /// A client without connections yet.
    pub fn new(world: Arc<World>) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build()?;
        Ok(Self { world, http })
    }

    /// Where one of the apis listens now: `host:port`.
    pub fn address(&self) -> String {
        let api = &self.world.apis[rand::random_range(0..self.world.apis.len())];
        // After the address the log line has more to say.
        api.said().split(' ').next().unwrap_or_default().to_owned()
    }

    /// Uploads photos for all models; answers status and body.
    pub async fn predict(&self, photos: &[Vec<u8>]) -> reqwest::Result<(StatusCode, Value)> {
        let form =
            Model::ALL.iter().fold(Form::new(), |form, model| form.text("models", model.name()));
        let form = photos.iter().fold(form, |form, photo| {
            form.part("images", Part::bytes(photo.clone()).file_name("photo"))
        });
        let url = format!("http://{}/predict", self.address());
        let response = self.http.post(url).multipart(form).send().await?;
        let status = response.status();
        Ok((status, response.json().await?))
    }

    /// What an api says of up to 1,000 images; `None` if it cannot say anything now.
    pub async fn statuses(&self, images: &[ImageKey]) -> Option<Value> {
        let url = format!("http://{}/predict/status", self.address());
        let question = self.http.post(url).json(&json!({"images": images})).send();
        let response = question.await.ok()?;
        let found = response.status() == StatusCode::OK;
        let body = response.json().await.ok()?;
        found.then_some(body)
    }
}
