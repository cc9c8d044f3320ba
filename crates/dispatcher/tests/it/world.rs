//! A job store, an image store and dispatchers, for one test alone.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use photo_config::{Config, ModelConfig};
use photo_core::job::{DispatcherReport, JobView, NewJob, Priority, SubmitMode};
use photo_core::ports::{ImageLimits, ImageStore, JobStore};
use photo_core::record::Acceptance;
use photo_core::{Clock, ImageKey, JobId, JobState, ModelName};
use photo_dispatcher::Settings;
use photo_store::embedded::EmbeddedJobStore;
use photo_store::images::LocalImages;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::fake_service::FakeService;
use crate::fake_store::FakeStore;

/// Longer than anything takes on the slowest machine.
const DEADLINE: Duration = Duration::from_mins(1);

pub struct World {
    pub store: Arc<FakeStore>,
    pub images: Arc<LocalImages>,
    pub clock: Clock,
    pub config: Config,
    folder: TempDir,
}

/// A dispatcher at work.
pub struct Running {
    stop: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

pub fn name(model: &str) -> ModelName {
    model.parse().unwrap()
}

/// Waits until `look` answers something.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut look: impl FnMut() -> F,
) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, looking).await.unwrap_or_else(|_| panic!("never: {what}"))
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::default();
        let settings = photo_store::Settings::default();
        let file = folder.path().join("jobs.db");
        let jobs = EmbeddedJobStore::open(&file, settings, clock.clone()).unwrap();
        let images = LocalImages::open(&folder.path().join("images")).unwrap();
        Self {
            store: Arc::new(FakeStore::before(Arc::new(jobs))),
            images: Arc::new(images),
            clock,
            config: Config::default(),
            folder,
        }
    }

    /// Adds a model with these services.
    pub fn model(&mut self, model: &str, services: &[&FakeService]) -> &mut ModelConfig {
        let urls = services.iter().map(|service| service.url.parse().unwrap()).collect();
        let config = ModelConfig { urls, ..ModelConfig::default() };
        self.config.models.entry(name(model)).insert_entry(config).into_mut()
    }

    /// A world whose one model is `wood`.
    pub fn with_wood(services: &[&FakeService]) -> Self {
        let mut world = Self::new();
        world.model("wood", services);
        world
    }

    pub fn wood(&mut self) -> &mut ModelConfig {
        self.config.models.get_mut("wood").unwrap()
    }

    /// Stores a photo of which there is one for each `seed`.
    pub async fn photo(&self, seed: usize) -> ImageKey {
        self.photo_of(seed, 64).await
    }

    /// Stores a photo of about so many bytes.
    pub async fn photo_of(&self, seed: usize, bytes: usize) -> ImageKey {
        let mut photo = b"GIF89a\x01\x00\x01\x00\x80\x00\x00".to_vec();
        photo.extend_from_slice(&seed.to_le_bytes());
        photo.resize(photo.len().max(bytes), 7);
        let limits = ImageLimits { max_bytes: 1 << 30, max_pixels: 1 << 30 };
        let mut upload = self.images.begin(limits).await.unwrap();
        upload.write(Bytes::from(photo)).await.unwrap();
        let info = upload.end_image().await.unwrap();
        let models = self.config.models.keys().cloned().collect();
        let (at, priority) = (Clock::default().now(), Priority::Normal);
        let request = Uuid::new_v4();
        upload.commit(&Acceptance { request, at, priority, rerun: false, models }).await.unwrap();
        info.md5
    }

    /// Where the record of a photo lies on the disk.
    pub fn record_of(&self, image: ImageKey) -> PathBuf {
        let md5 = image.to_string();
        self.images_folder().join(&md5[..2]).join(format!("{md5}.jsonl"))
    }

    pub fn images_folder(&self) -> PathBuf {
        self.folder.path().join("images")
    }

    /// As a disk may do it: one bit of the photo's file is another, near its end.
    pub fn damage_photo(&self, image: ImageKey) {
        let file = self.record_of(image).with_extension("gif");
        let mut photo = std::fs::read(&file).unwrap();
        let at = photo.len() - 9;
        photo[at] ^= 4;
        std::fs::write(file, photo).unwrap();
    }

    /// What the dispatchers that are alive say of themselves.
    pub async fn living(&self) -> Vec<DispatcherReport> {
        let living = self.store.dispatchers().await.unwrap();
        living.into_iter().map(|dispatcher| dispatcher.report).collect()
    }

    pub async fn submit(&self, image: ImageKey, model: &str) {
        let (id, priority) = (JobId::new(image, name(model)), Priority::Normal);
        let job = NewJob { id, priority, ended_before: false };
        self.store.submit(&[job], SubmitMode::New).await.unwrap();
    }

    /// Stores a photo and asks `wood` about it.
    pub async fn ask(&self, seed: usize) -> ImageKey {
        let image = self.photo(seed).await;
        self.submit(image, "wood").await;
        image
    }

    pub async fn job(&self, image: ImageKey, model: &str) -> JobView {
        let mut jobs = self.store.status(&[image]).await.unwrap().remove(0);
        jobs.retain(|job| job.model.as_str() == model);
        jobs.pop().expect("the job was submitted")
    }

    /// Waits until the job of `wood` is in this state.
    pub async fn until(&self, image: ImageKey, state: JobState) -> JobView {
        eventually(&format!("{image} {state}"), async || {
            Some(self.job(image, "wood").await).filter(|job| job.state == state)
        })
        .await
    }

    /// Starts a dispatcher that is quick to try again.
    pub fn start(&self) -> Running {
        self.start_with(Self::settings())
    }

    /// Times that suit tests.
    pub fn settings() -> Settings {
        Settings {
            retry_base: Duration::from_millis(5),
            setback: Duration::from_millis(20),
            probe_base: Duration::from_millis(10),
            probe_cap: Duration::from_millis(20),
            trial_base: Duration::from_millis(10),
            trial_cap: Duration::from_millis(20),
            // Longer than a test: one that only fails while others work does not come back.
            rest_base: Duration::from_hours(1),
            rest_cap: Duration::from_hours(1),
            survey: Duration::from_millis(100),
            renewal: Duration::from_millis(50),
            report: Duration::from_millis(50),
            ..Settings::default()
        }
    }

    /// Starts a dispatcher with these times.
    pub fn start_with(&self, settings: Settings) -> Running {
        let (stop, config) = (CancellationToken::new(), self.config.clone());
        let (store, images) = (Arc::clone(&self.store), Arc::clone(&self.images));
        let task = tokio::spawn({
            let stop = stop.clone();
            async move { photo_dispatcher::run_with(store, images, &config, settings, stop).await }
        });
        Running { stop, task }
    }
}

impl Running {
    pub fn tell_to_stop(&self) {
        self.stop.cancel();
    }

    pub async fn ended(&mut self) {
        tokio::time::timeout(DEADLINE, &mut self.task).await.expect("it stops").unwrap().unwrap();
    }

    pub async fn stop(mut self) {
        self.tell_to_stop();
        self.ended().await;
    }
}

/// A dispatcher that a test leaves running ends with the test.
impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
