//! The api in this process, on stores of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use actix_web::dev::{Payload, ServiceResponse};
use actix_web::rt::SystemRunner;
use actix_web::{App, http::StatusCode, test, web};
use bytes::Bytes;
use photo_api::AppState;
use photo_config::Config;
use photo_core::ports::ImageStore;
use photo_core::{Clock, ImageKey};
use photo_store::embedded::EmbeddedJobStore;
use photo_store::images::LocalImages;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The most pixels of a photo that this api takes.
pub const MAX_PIXELS: u64 = 10_000;

pub struct Api {
    state: web::Data<AppState>,
    images: Arc<LocalImages>,
    folder: TempDir,
    system: SystemRunner,
}

/// What the api answered.
#[derive(Debug, PartialEq)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Value,
}

impl Api {
    /// An api with two models, small limits, and a key that nobody knows: an announcement would
    /// have it call whatever address it was told.
    pub fn start() -> Self {
        let config = json!({
            "api": {
                "max_images": 3, "max_jobs": 5, "max_image_bytes": "2kB",
                // A stream of events has no end, and every answer here must have one.
                "max_streams": 0,
                "max_pixels": MAX_PIXELS, "register_key": "not to be guessed by chance",
            },
            "models": {"m": 1, "n": 2},
        });
        let config = Config::load(&config, None, &json!({})).expect("this configuration is right");
        let folder = tempfile::tempdir().expect("there is a place for temporary files");
        let (file, settings) = (folder.path().join("jobs.db"), photo_store::Settings::default());
        let jobs = EmbeddedJobStore::open(&file, settings, Clock::default()).expect("a new store");
        let images = LocalImages::open(&folder.path().join("images")).expect("a new folder");
        let images = Arc::new(images);
        let state = AppState::new(Arc::new(jobs), Arc::clone(&images) as _, config);
        let state = web::Data::new(state.expect("an api"));
        Self { state, images, folder, system: actix_web::rt::System::new() }
    }

    /// Asks one thing, its body in `pieces` if there are any. Whatever it is, it is the asker's
    /// fault if it goes wrong, and is answered in JSON.
    pub fn ask(&self, request: test::TestRequest, pieces: Option<Payload>) -> Answer {
        let response = self.system.block_on(async {
            let app = App::new().app_data(self.state.clone()).configure(photo_api::configure);
            let app = test::init_service(app).await;
            let mut request = request.to_request();
            if let Some(pieces) = pieces {
                *request.payload() = pieces;
            }
            let response = test::call_service(&app, request).await;
            let (status, media_type) = (response.status(), media_type(&response));
            (status, media_type, test::read_body(response).await)
        });
        read(response)
    }

    /// The stored photos' files and those on their way in. The list of the images with notes is
    /// nobody's in particular, and stays.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        walk(&self.folder.path().join("images"), &mut found);
        found.retain(|path| !path.ends_with(".noted") && !path.ends_with(".layout"));
        found
    }

    /// Takes a photo out of the store; answers how many pixels it had.
    pub fn take_photo(&self, image: ImageKey) -> u64 {
        let record = self.system.block_on(async {
            let record = self.images.stat(image).await.expect("the folder can be read");
            let found = self.images.inspect(&[image]).await.expect("and looked at");
            self.images.remove(&found[0], true).await.expect("and written");
            record.expect("an accepted photo is stored")
        });
        // So that looking for files does not take longer and longer.
        let path = self.folder.path().join("images").join(record.path());
        let _ = path.parent().map(std::fs::remove_dir);
        record.dimensions.pixels()
    }
}

fn media_type(response: &ServiceResponse) -> String {
    let value = response.headers().get("content-type").and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

fn read((status, media_type, body): (StatusCode, String, Bytes)) -> Answer {
    assert!(!status.is_server_error(), "{status}: {body:?}");
    if media_type.starts_with("image/") || body.is_empty() {
        return Answer { status, body: Value::Null };
    }
    let body: Value = serde_json::from_slice(&body).expect("every answer is JSON");
    if status.is_client_error() && status != StatusCode::UNAUTHORIZED {
        assert_eq!(media_type, "application/problem+json");
        assert!(body["detail"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
    }
    Answer { status, body }
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.file_name().is_some_and(|name| name != "lock") {
            found.push(path);
        }
    }
}
