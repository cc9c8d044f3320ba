//! An image store that may be asked what would be left of it after a power failure.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use photo_core::ports::{
    Examination, Examined, ImageBytes, ImageLimits, ImageStore, ImageStoreError, ImageUpload,
    Inspection,
};
use photo_core::record::{ImageRecord, RecordLine};
use photo_core::{ImageInfo, ImageKey};
use photo_store::images::LocalImages;

/// Stands before a folder of photos and notes which lines of its records were not synced.
pub struct MortalImages {
    real: LocalImages,
    root: PathBuf,
    /// How long each record was when the first of its lines was added that was not synced since.
    durable: Mutex<HashMap<ImageKey, u64>>,
    /// Whether lines cannot be added now.
    pub full: AtomicBool,
}

impl MortalImages {
    pub fn open(root: &Path) -> Self {
        let (real, root) = (LocalImages::open(root).unwrap(), root.to_owned());
        Self { real, root, durable: Mutex::default(), full: AtomicBool::new(false) }
    }

    /// Copies into another folder what a power failure now would leave of an image: its photo, and
    /// of its record what was synced.
    pub fn survivors(&self, image: ImageKey, folder: &Path) {
        let (record, md5) = (self.record_file(image), image.to_string());
        let shelf = folder.join(&md5[..2]);
        fs::create_dir_all(&shelf).unwrap();
        for file in fs::read_dir(record.parent().unwrap()).unwrap() {
            let file = file.unwrap();
            if file.path().file_stem().unwrap() == md5.as_str() {
                fs::copy(file.path(), shelf.join(file.file_name())).unwrap();
            }
        }
        if let Some(length) = self.durable().get(&image) {
            let record = shelf.join(record.file_name().unwrap());
            File::options().write(true).open(record).unwrap().set_len(*length).unwrap();
        }
    }

    fn record_file(&self, image: ImageKey) -> PathBuf {
        let md5 = image.to_string();
        self.root.join(&md5[..2]).join(format!("{md5}.jsonl"))
    }

    fn durable(&self) -> MutexGuard<'_, HashMap<ImageKey, u64>> {
        self.durable.lock().unwrap()
    }
}

#[async_trait]
impl ImageStore for MortalImages {
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
        if self.full.load(Ordering::SeqCst) {
            return Err(ImageStoreError::Full("the test wants it so".into()));
        }
        for (image, _) in &lines {
            let length = fs::metadata(self.record_file(*image)).map_or(0, |file| file.len());
            self.durable().entry(*image).or_insert(length);
        }
        self.real.append(lines).await
    }

    async fn sync_records(&self, images: &[ImageKey]) -> Result<(), ImageStoreError> {
        self.real.sync_records(images).await?;
        self.durable().retain(|image, _| !images.contains(image));
        Ok(())
    }

    async fn list(&self, shelf: u8) -> Result<Vec<ImageKey>, ImageStoreError> {
        self.real.list(shelf).await
    }

    async fn inspect(&self, images: &[ImageKey]) -> Result<Vec<Inspection>, ImageStoreError> {
        self.real.inspect(images).await
    }

    async fn examine(
        &self,
        image: ImageKey,
        how: Examination,
    ) -> Result<Examined, ImageStoreError> {
        self.real.examine(image, how).await
    }

    async fn remove(&self, found: &Inspection, record_too: bool) -> Result<bool, ImageStoreError> {
        self.real.remove(found, record_too).await
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
        self.real.note(notes).await
    }

    async fn ping(&self) -> Result<(), ImageStoreError> {
        self.real.ping().await
    }
}
