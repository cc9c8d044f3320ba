//! One running API.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::net::TcpListener;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use photo_api::AppState;
use photo_caretaker::{Caretaker, Depth, Mode};
use photo_config::Config;
use photo_core::job::PriorityWeights;
use photo_core::job::{ClaimRequest, ClaimedJob, DispatcherId, Ending, Finish, JobOutcome, Want};
use photo_core::ports::{ImageStore, JobStore};
use photo_core::record::{JobEnd, RecordLine};
use photo_core::{Clock, JobState, ModelName};
use photo_store::Settings;
use photo_store::embedded::EmbeddedJobStore;
use photo_store::images::LocalImages;
use photo_store::redis::RedisJobStore;
use photo_tests::redis_server::RedisServer;
use reqwest::multipart::{Form, Part};
use reqwest::{Response, StatusCode};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::mortal_images::MortalImages;

/// The models that every test's API knows.
const MODELS: [&str; 2] = ["sharpness", "average_color"];

/// How long a test waits for what must happen.
pub const DEADLINE: Duration = Duration::from_mins(1);

/// An API of this test's own; it stops when dropped.
pub struct App {
    pub url: String,
    pub jobs: Arc<dyn JobStore>,
    pub images: Arc<MortalImages>,
    pub clock: Clock,
    pub client: reqwest::Client,
    folder: TempDir,
    /// Stops the server.
    pub stop: CancellationToken,
}

impl Drop for App {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl App {
    pub fn start() -> Self {
        Self::start_with(&json!({}))
    }

    /// An API with these settings over the defaults.
    pub fn start_with(settings: &Value) -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), Clock::default());
        let (file, options) = (folder.path().join("jobs.db"), Settings::default());
        let jobs = EmbeddedJobStore::open(&file, options, clock.clone()).unwrap();
        Self::start_in(folder, clock, Arc::new(jobs), settings)
    }

    /// An API that keeps its jobs in a Redis.
    pub async fn on_redis(server: &RedisServer) -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), Clock::default());
        let jobs = RedisJobStore::connect(&server.url(), Settings::default(), clock.clone()).await;
        Self::start_in(folder, clock, Arc::new(jobs.unwrap()), &json!({}))
    }

    fn start_in(folder: TempDir, clock: Clock, jobs: Arc<dyn JobStore>, settings: &Value) -> Self {
        let base = json!({"models": {MODELS[0]: 1, MODELS[1]: 2}});
        let config = Config::load(&base, None, settings).unwrap();
        let images = Arc::new(MortalImages::open(&folder.path().join("images")));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = AppState::with_clock(
            Arc::clone(&jobs),
            Arc::clone(&images) as _,
            config,
            clock.clone(),
        )
        .unwrap();
        let stop = CancellationToken::new();
        let server =
            photo_api::serve(listener, web::Data::from(Arc::new(state)), stop.clone()).unwrap();
        tokio::spawn(server);
        Self { url, jobs, images, clock, client: reqwest::Client::new(), folder, stop }
    }

    pub async fn get(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.url)).send().await.unwrap()
    }

    pub async fn post_json(&self, path: &str, body: &Value) -> Response {
        self.client.post(format!("{}{path}", self.url)).json(body).send().await.unwrap()
    }

    pub async fn predict(&self, form: Form) -> Response {
        self.predict_at("/predict", form).await
    }

    pub async fn predict_at(&self, path: &str, form: Form) -> Response {
        self.client.post(format!("{}{path}", self.url)).multipart(form).send().await.unwrap()
    }

    /// Every photo, record and spool file below the image folder.
    pub fn image_files(&self) -> Vec<PathBuf> {
        fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, found);
                } else if path.file_name().is_some_and(|name| name != "lock" && name != ".layout") {
                    found.push(path);
                }
            }
        }
        let mut found = Vec::new();
        walk(&self.folder.path().join("images"), &mut found);
        found
    }

    /// Takes all queued jobs of a model, as a dispatcher would.
    pub async fn claim(&self, model: &str) -> Vec<ClaimedJob> {
        let want = Want { model: model.parse().unwrap(), slots: 1000, limit: 1000 };
        let request = ClaimRequest {
            dispatcher: DispatcherId::random(),
            lease: Duration::from_secs(15),
            weights: PriorityWeights::default(),
            wants: vec![want],
        };
        self.jobs.claim(&request).await.unwrap().jobs
    }

    pub async fn end(&self, job: &ClaimedJob, ending: Ending) {
        self.jobs.finish(&[Finish { lease: job.lease.clone(), ending }], None).await.unwrap();
    }

    /// Ends many jobs like this.
    pub async fn end_all(&self, jobs: &[ClaimedJob], ending: Ending) {
        let finish = |job: &ClaimedJob| Finish { lease: job.lease.clone(), ending: ending.clone() };
        let endings: Vec<Finish> = jobs.iter().map(finish).collect();
        self.jobs.finish(&endings, None).await.unwrap();
    }

    /// Writes down beside the photo that a job succeeded, as a dispatcher would.
    pub fn write_down(&self, job: &ClaimedJob, result: &str) {
        let end = JobEnd {
            model: job.lease.id.model.clone(),
            attempts: job.attempts,
            failures: job.failures,
            started_at: None,
            ended_at: self.clock.now(),
            outcome: JobOutcome::Succeeded(RawValue::from_string(result.to_owned()).unwrap()),
            request: None,
        };
        let files = self.image_files();
        let record = files.iter().find(|path| path.extension().is_some_and(|it| it == "jsonl"));
        let mut record = File::options().append(true).open(record.unwrap()).unwrap();
        record.write_all(&RecordLine::from(end).to_text()).unwrap();
    }

    /// Writes down beside the photos how their jobs ended, as a dispatcher would: without a sync.
    pub async fn write_down_all(&self, images: &[String], model: &str, outcome: JobOutcome) {
        let end = JobEnd {
            model: model.parse().unwrap(),
            attempts: 1,
            failures: 0,
            started_at: None,
            ended_at: self.clock.now(),
            outcome,
            request: None,
        };
        let line = |image: &String| (image.parse().unwrap(), RecordLine::from(end.clone()));
        self.images.append(images.iter().map(line).collect()).await.unwrap();
    }

    /// Has an empty job store filled from the records, as after the loss of this one; answers what
    /// it then knows of an image, by model.
    pub async fn refilled(&self, image: &str) -> BTreeMap<String, JobState> {
        self.refilled_from(&self.folder.path().join("images"), image).await
    }

    /// The same from what a power failure now would leave of the image's record.
    pub async fn refilled_after_power_failure(&self, image: &str) -> BTreeMap<String, JobState> {
        let folder = tempfile::tempdir().unwrap();
        self.images.survivors(image.parse().unwrap(), folder.path());
        self.refilled_from(folder.path(), image).await
    }

    async fn refilled_from(&self, images: &Path, image: &str) -> BTreeMap<String, JobState> {
        let folder = tempfile::tempdir().unwrap();
        let (file, settings) = (folder.path().join("jobs.db"), Settings::default());
        let jobs: Arc<dyn JobStore> =
            Arc::new(EmbeddedJobStore::open(&file, settings, self.clock.clone()).unwrap());
        self.mend_from(images, Arc::clone(&jobs)).await;
        let known = jobs.status(&[image.parse().unwrap()]).await.unwrap().remove(0);
        known.into_iter().map(|job| (job.model.to_string(), job.state)).collect()
    }

    /// Has a caretaker compare a job store with the records.
    pub async fn mend(&self, jobs: Arc<dyn JobStore>) {
        self.mend_from(&self.folder.path().join("images"), jobs).await;
    }

    async fn mend_from(&self, images: &Path, jobs: Arc<dyn JobStore>) {
        let images = LocalImages::open(images).unwrap();
        let (config, clock) = (Config::default(), self.clock.clone());
        let caretaker = Caretaker::new(jobs, Arc::new(images), &config, clock);
        caretaker
            .check(Mode::Mend, Depth::Shallow, |_, _| ControlFlow::Continue(()))
            .await
            .unwrap();
    }

    /// The job store loses all jobs.
    pub fn lose_jobs(&self) {
        let file = rusqlite::Connection::open(self.folder.path().join("jobs.db")).unwrap();
        let all = "DELETE FROM jobs; DELETE FROM results; DELETE FROM images; DELETE FROM models;";
        file.execute_batch(all).unwrap();
    }

    /// The states of an image's jobs, by model.
    pub async fn states(&self, image: &str) -> BTreeMap<String, String> {
        let view = json_of(self.get(&format!("/predict/{image}")).await, StatusCode::OK).await;
        let state = |job: &Value| job["state"].as_str().unwrap().to_owned();
        let jobs = view["jobs"].as_object().unwrap();
        jobs.iter().map(|(model, job)| (model.clone(), state(job))).collect()
    }

    /// Nothing of any request is left: no file, no job.
    pub async fn assert_untouched(&self) {
        assert_eq!(self.image_files(), Vec::<PathBuf>::new());
        let models: Vec<ModelName> = MODELS.iter().map(|name| name.parse().unwrap()).collect();
        for stats in self.jobs.stats(Some(&models)).await.unwrap() {
            assert_eq!(stats.unfinished(), 0, "{stats:?}");
        }
    }
}

/// A form with these photos and, after them, these models.
pub fn form(photos: &[Vec<u8>], models: &[&str]) -> Form {
    let form = photos.iter().fold(Form::new(), |form, photo| {
        form.part("images", Part::bytes(photo.clone()).file_name("photo.bmp"))
    });
    models.iter().fold(form, |form, model| form.text("models", (*model).to_owned()))
}

pub async fn json_of(response: Response, status: StatusCode) -> Value {
    let (got, text) = (response.status(), response.text().await.unwrap());
    assert_eq!(got, status, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// The body of a failure, which has one form whatever failed.
pub async fn problem(response: Response, status: StatusCode) -> Value {
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let body = json_of(response, status).await;
    assert_eq!(body["status"], status.as_u16());
    assert!(body["title"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
    assert!(body["detail"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
    body
}

/// What `md5sum` prints.
pub fn md5(photo: &[u8]) -> String {
    let mut hasher = photo_core::PhotoHasher::default();
    hasher.update(photo);
    hasher.finish().key.to_string()
}
