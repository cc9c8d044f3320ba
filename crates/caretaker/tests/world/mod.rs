//! A job store, an image store and a caretaker, for one test alone.

pub mod watched_images;

use std::fs::{self, File};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use photo_caretaker::{Caretaker, Depth, Mode, Report};
use photo_config::{Config, Retention};
use photo_core::job::PriorityWeights;
use photo_core::job::{
    ClaimRequest, ClaimedJob, DispatcherId, EndedJob, Ending, Finish, JobOutcome, JobView, NewJob,
    Priority, SubmitMode, Want,
};
use photo_core::ports::{ImageLimits, ImageStore, JobStore};
use photo_core::record::{Acceptance, ImageRecord, JobEnd};
use photo_core::{
    Clock, ImageKey, JobError, JobErrorKind, JobId, ModelName, PhotoHasher, UnixMillis,
};
use photo_store::embedded::EmbeddedJobStore;
use photo_store::images::LocalImages;
use photo_tests::photos::bmp;
use serde_json::value::RawValue;
use tempfile::TempDir;
use uuid::Uuid;

pub struct World {
    pub clock: Clock,
    pub images: Arc<dyn ImageStore>,
    jobs: Arc<dyn JobStore>,
    job_stores: u32,
    config: Config,
    folder: TempDir,
}

fn name(model: &str) -> ModelName {
    model.parse().unwrap()
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::default();
        let images = LocalImages::open(&folder.path().join("images")).unwrap();
        let jobs = job_store(&folder, 0, &clock);
        let (images, mut config) = (Arc::new(images), Config::default());
        config.images.verify_bytes_per_second = bytesize::ByteSize(0);
        Self { clock, images, jobs, job_stores: 0, config, folder }
    }

    /// Another one takes the job store's place, and it is empty.
    pub fn empty_job_store(&mut self) {
        self.job_stores += 1;
        self.jobs = job_store(&self.folder, self.job_stores, &self.clock);
    }

    pub fn keep(&mut self, photos: Option<Duration>, records: Option<Duration>) {
        let retention = |time: Option<Duration>| time.map_or(Retention::Forever, Retention::For);
        self.config.images.retention = retention(photos);
        self.config.images.record_retention = retention(records);
    }

    /// Has a caretaker with nothing special to do walk over all images this often.
    pub fn walk_every(&mut self, time: Duration) {
        self.config.store.retention = time * 4;
    }

    /// A caretaker that sees these images.
    pub fn caretaker_of(&self, images: Arc<dyn ImageStore>) -> Caretaker {
        Caretaker::new(Arc::clone(&self.jobs), images, &self.config, self.clock.clone())
    }

    pub async fn check(&self, mode: Mode) -> Report {
        let mut passed = 0;
        let report = self.check_until(mode, |shelves| {
            passed = shelves;
            ControlFlow::Continue(())
        });
        let report = report.await;
        assert_eq!(passed, photo_caretaker::SHELVES);
        report
    }

    pub async fn check_deep(&self, mode: Mode) -> Report {
        let caretaker = self.caretaker_of(Arc::clone(&self.images));
        caretaker.check(mode, Depth::Deep, |_, _| ControlFlow::Continue(())).await.unwrap()
    }

    /// A walk that goes no further where this says so.
    pub async fn check_until(
        &self,
        mode: Mode,
        mut passed: impl FnMut(u16) -> ControlFlow<()> + Send,
    ) -> Report {
        let caretaker = self.caretaker_of(Arc::clone(&self.images));
        caretaker.check(mode, Depth::Shallow, |shelves, _| passed(shelves)).await.unwrap()
    }

    /// Posts the photo of this number for these models, as the api does.
    pub async fn post(&self, photo: u64, models: &[&str]) -> ImageKey {
        let image = self.commit(photo, models, false).await;
        for model in models {
            self.submit(image, model).await;
        }
        image
    }

    /// Posts so many photos, all on the first few shelves, and writes down that each was looked at.
    pub async fn post_finished(&self, count: usize) {
        let limits = ImageLimits { max_bytes: 1 << 20, max_pixels: 1 << 20 };
        let mut upload = self.images.begin(limits).await.unwrap();
        let is_first = |photo: &Vec<u8>| {
            let mut hasher = PhotoHasher::default();
            hasher.update(photo);
            hasher.finish().key.as_bytes()[0] < 8
        };
        let mut images = Vec::new();
        for photo in (0..).map(bmp).filter(is_first).take(count) {
            upload.write(Bytes::from(photo)).await.unwrap();
            images.push(upload.end_image().await.unwrap().md5);
        }
        let (models, at, priority) = (vec![name("wood")], self.clock.now(), Priority::Normal);
        let request = Uuid::new_v4();
        upload.commit(&Acceptance { request, at, priority, rerun: false, models }).await.unwrap();
        let end = |image| {
            let end = JobEnd {
                request: None,
                model: name("wood"),
                attempts: 1,
                failures: 0,
                started_at: None,
                ended_at: self.clock.now(),
                outcome: JobOutcome::Succeeded(RawValue::from_string("1".to_owned()).unwrap()),
            };
            (image, end.into())
        };
        self.images.append(images.into_iter().map(end).collect()).await.unwrap();
    }

    async fn commit(&self, photo: u64, models: &[&str], rerun: bool) -> ImageKey {
        let limits = ImageLimits { max_bytes: 1 << 20, max_pixels: 1 << 20 };
        let mut upload = self.images.begin(limits).await.unwrap();
        upload.write(Bytes::from(bmp(photo))).await.unwrap();
        let image = upload.end_image().await.unwrap().md5;
        let models = models.iter().map(|model| name(model)).collect();
        let (at, priority) = (self.clock.now(), Priority::High);
        let request = Uuid::new_v4();
        upload.commit(&Acceptance { request, at, priority, rerun, models }).await.unwrap();
        image
    }

    /// The part of asking again that the image store sees.
    pub async fn record_rerun(&self, image: ImageKey, photo: u64, model: &str) {
        assert_eq!(self.commit(photo, &[model], true).await, image);
    }

    pub async fn submit(&self, image: ImageKey, model: &str) {
        let id = JobId::new(image, name(model));
        let job = NewJob { id, priority: Priority::High, ended_before: false };
        self.jobs.submit(&[job], SubmitMode::New).await.unwrap();
    }

    /// Submits so many jobs for images that never were.
    pub async fn submit_many(&self, count: u64, model: &str) {
        let new = |number: u64| {
            let mut md5 = [7; 16];
            md5[..8].copy_from_slice(&number.to_be_bytes());
            let id = JobId::new(ImageKey::from_bytes(md5), name(model));
            NewJob { id, priority: Priority::High, ended_before: false }
        };
        let jobs: Vec<NewJob> = (0..count).map(new).collect();
        self.jobs.submit(&jobs, SubmitMode::New).await.unwrap();
    }

    pub async fn succeed(&self, image: ImageKey, model: &str, result: &str) {
        let result = RawValue::from_string(result.to_owned()).unwrap();
        let ending = Ending::Succeeded(result.clone());
        self.end(image, model, ending, Some(JobOutcome::Succeeded(result))).await;
    }

    /// As if the dispatcher had died before it wrote the result down.
    pub async fn succeed_unwritten(&self, image: ImageKey, model: &str, result: &str) {
        let result = RawValue::from_string(result.to_owned()).unwrap();
        self.end(image, model, Ending::Succeeded(result), None).await;
    }

    pub async fn fail(&self, image: ImageKey, model: &str, message: &str) {
        let error = JobError::new(JobErrorKind::Refused, message);
        let ending = Ending::Failed(error.clone());
        self.end(image, model, ending, Some(JobOutcome::Failed(error))).await;
    }

    /// Does a job as a dispatcher does. Others that are in line are handed back.
    async fn end(&self, image: ImageKey, model: &str, ending: Ending, outcome: Option<JobOutcome>) {
        let wants = vec![Want { model: name(model), slots: 100, limit: 100 }];
        let (dispatcher, lease) = (DispatcherId::random(), Duration::from_mins(1));
        let request =
            ClaimRequest { dispatcher, lease, weights: PriorityWeights::default(), wants };
        let claimed = self.jobs.claim(&request).await.unwrap().jobs;
        let (ours, others): (Vec<ClaimedJob>, Vec<ClaimedJob>) =
            claimed.into_iter().partition(|job| job.lease.id.image == image);
        let [job] = ours.try_into().expect("the job is in line");
        let release = Ending::Release { after: Duration::ZERO, error: None };
        let endings: Vec<Finish> = others
            .into_iter()
            .map(|job| Finish { lease: job.lease, ending: release.clone() })
            .chain([Finish { lease: job.lease.clone(), ending }])
            .collect();
        self.jobs.finish(&endings, None).await.unwrap();
        if let Some(outcome) = outcome {
            let end = JobEnd::from(EndedJob {
                id: job.lease.id,
                priority: job.priority,
                attempts: job.attempts,
                failures: job.failures,
                submitted_at: self.clock.now(),
                started_at: None,
                ended_at: self.clock.now(),
                outcome,
            });
            self.images.append(vec![(image, end.into())]).await.unwrap();
        }
    }

    /// As the api does for a job that a dispatcher has.
    pub async fn record_cancelled(&self, image: ImageKey, model: &str) {
        let request = self.record(image).await.jobs[model].request;
        let view = JobView { started_at: Some(UnixMillis(0)), ..self.job(image, model).await };
        let end = JobEnd::cancelled(&view, request, self.clock.now());
        self.images.append(vec![(image, end.into())]).await.unwrap();
    }

    pub async fn cancel(&self, image: ImageKey, model: &str) {
        self.jobs.cancel(image, Some(&[name(model)])).await.unwrap();
    }

    pub async fn status(&self, image: ImageKey) -> Vec<JobView> {
        self.jobs.status(&[image]).await.unwrap().remove(0)
    }

    pub async fn job(&self, image: ImageKey, model: &str) -> JobView {
        let mut jobs = self.status(image).await;
        jobs.retain(|job| job.model.as_str() == model);
        jobs.pop().expect("the job store knows the job")
    }

    pub async fn record(&self, image: ImageKey) -> ImageRecord {
        self.images.record(image).await.unwrap().unwrap()
    }

    pub async fn has_photo(&self, image: ImageKey) -> bool {
        self.images.stat(image).await.unwrap().is_some()
    }

    pub fn remove_photo(&self, image: ImageKey) {
        fs::remove_file(self.file(image, "bmp")).unwrap();
    }

    pub fn remove_record(&self, image: ImageKey) {
        fs::remove_file(self.file(image, "jsonl")).unwrap();
    }

    /// Has a caretaker read so many bytes of photos in a second.
    pub fn verify(&mut self, bytes_per_second: u64) {
        self.config.images.verify_bytes_per_second = bytesize::ByteSize(bytes_per_second);
    }

    /// As a disk may do it: one bit is another.
    pub fn damage_photo(&self, image: ImageKey) {
        let file = self.file(image, "bmp");
        let mut photo = fs::read(&file).unwrap();
        let at = photo.len() - 9;
        photo[at] ^= 4;
        fs::write(file, photo).unwrap();
    }

    /// Leaves nothing of a record, or something else in its place.
    pub fn lose_record(&self, image: ImageKey, empty: bool) {
        let file = self.file(image, "jsonl");
        if empty {
            fs::write(file, "").unwrap();
        } else {
            fs::remove_file(&file).unwrap();
            fs::create_dir(file).unwrap();
        }
    }

    /// As a power failure may leave it.
    pub fn spoil_record(&self, image: ImageKey) {
        let mut record = File::options().append(true).open(self.file(image, "jsonl")).unwrap();
        record.write_all(b"\n{\"ended\":{\"mod").unwrap();
    }

    fn file(&self, image: ImageKey, extension: &str) -> PathBuf {
        let md5 = image.to_string();
        self.folder.path().join("images").join(&md5[..2]).join(format!("{md5}.{extension}"))
    }
}

fn job_store(folder: &TempDir, number: u32, clock: &Clock) -> Arc<dyn JobStore> {
    let file = folder.path().join(format!("jobs-{number}.db"));
    let settings = photo_store::Settings::from(&Config::default().store);
    Arc::new(EmbeddedJobStore::open(&file, settings, clock.clone()).unwrap())
}
