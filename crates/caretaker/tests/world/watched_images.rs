//! Images, and how somebody who walks over them takes his time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use photo_core::ports::{
    Examination, Examined, ImageBytes, ImageLimits, ImageStore, ImageStoreError, ImageUpload,
    Inspection,
};
use photo_core::record::{ImageRecord, RecordLine};
use photo_core::{ImageInfo, ImageKey};

/// Stands before an image store, and watches once notes were written: the first walk is over then.
pub struct WatchedImages {
    real: Arc<dyn ImageStore>,
    pace: Mutex<Option<Pace>>,
    removed: AtomicUsize,
}

/// What was seen.
#[derive(Debug, Clone, Default)]
pub struct Pace {
    /// How many images were looked at, step by step.
    pub steps: Vec<usize>,
    /// How long was worked at the steps, and rested between them.
    pub worked: Duration,
    pub rested: Duration,
    /// When the last step began, and when something was done in it last.
    step: Option<(Instant, Instant)>,
}

impl WatchedImages {
    pub fn before(real: Arc<dyn ImageStore>) -> Self {
        Self { real, pace: Mutex::default(), removed: AtomicUsize::new(0) }
    }

    /// What was seen since it is watched.
    pub fn pace(&self) -> Option<Pace> {
        self.pace.lock().unwrap().clone()
    }

    pub fn removed(&self) -> usize {
        self.removed.load(Ordering::SeqCst)
    }

    fn step_begins(&self, images: usize) {
        let now = Instant::now();
        if let Some(pace) = &mut *self.pace.lock().unwrap() {
            if let Some((began, last)) = pace.step {
                pace.worked += last.duration_since(began);
                pace.rested += now.duration_since(last);
            }
            pace.steps.push(images);
            pace.step = Some((now, now));
        }
    }

    fn step_goes_on(&self) {
        if let Some(Pace { step: Some((_, last)), .. }) = &mut *self.pace.lock().unwrap() {
            *last = Instant::now();
        }
    }
}

#[async_trait]
impl ImageStore for WatchedImages {
    async fn begin(&self, limits: ImageLimits) -> Result<Box<dyn ImageUpload>, ImageStoreError> {
        self.real.begin(limits).await
    }

    async fn stat(&self, image: ImageKey) -> Result<Option<ImageInfo>, ImageStoreError> {
        self.real.stat(image).await
    }

    async fn open(
        &self,
        image: ImageKey,
    ) -> Result<Option<(ImageInfo, ImageBytes)>, ImageStoreError> {
        self.real.open(image).await
    }

    async fn record(&self, image: ImageKey) -> Result<Option<ImageRecord>, ImageStoreError> {
        self.real.record(image).await
    }

    async fn photo_notes(
        &self,
        images: &[ImageKey],
    ) -> Result<HashMap<ImageKey, Vec<String>>, ImageStoreError> {
        self.real.photo_notes(images).await
    }

    async fn append(&self, lines: Vec<(ImageKey, RecordLine)>) -> Result<(), ImageStoreError> {
        self.real.append(lines).await
    }

    async fn sync_records(&self, images: &[ImageKey]) -> Result<(), ImageStoreError> {
        self.real.sync_records(images).await
    }

    async fn list(&self, shelf: u8) -> Result<Vec<ImageKey>, ImageStoreError> {
        self.real.list(shelf).await
    }

    async fn inspect(&self, images: &[ImageKey]) -> Result<Vec<Inspection>, ImageStoreError> {
        self.step_begins(images.len());
        let found = self.real.inspect(images).await;
        self.step_goes_on();
        found
    }

    async fn examine(
        &self,
        image: ImageKey,
        how: Examination,
    ) -> Result<Examined, ImageStoreError> {
        self.real.examine(image, how).await
    }

    async fn remove(&self, found: &Inspection, record_too: bool) -> Result<bool, ImageStoreError> {
        let removed = self.real.remove(found, record_too).await?;
        self.step_goes_on();
        self.removed.fetch_add(usize::from(removed), Ordering::SeqCst);
        Ok(removed)
    }

    async fn clean_up(&self) -> Result<u64, ImageStoreError> {
        self.real.clean_up().await
    }

    async fn take_care(&self) -> Result<bool, ImageStoreError> {
        self.real.take_care().await
    }

    async fn notes(&self) -> Result<Option<Vec<u8>>, ImageStoreError> {
        self.real.notes().await
    }

    async fn note(&self, notes: Vec<u8>) -> Result<(), ImageStoreError> {
        self.pace.lock().unwrap().get_or_insert_default();
        self.real.note(notes).await
    }

    async fn ping(&self) -> Result<(), ImageStoreError> {
        self.real.ping().await
    }
}
