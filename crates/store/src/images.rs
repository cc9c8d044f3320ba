//! Photos in a folder.
//!
//! ```text
//! <root>/<first two digits>/<md5>.<extension>   a photo
//! <root>/<first two digits>/<md5>.jsonl         its record (photo_core::record)
//! <root>/<first two digits>/….damaged           either of them, damaged, set aside
//! <root>/.spool/…                               photos on their way in; nobody else's business
//! <root>/.noted                                 the images with notes, one per line (records/noted.rs)
//! <root>/.caretaker.json, .caretaker.lock       who takes care of the folder, and what it noted
//! ```
//!
//! A photo is stored when its record is there and the photo beside it has the length the record
//! says. The record is linked into place first, whole, and never replaced: of two photos with one
//! MD5 the first keeps the name. Both files are synced before they get their names, and the folders
//! before a commit answers, so that a stored photo and what is asked of it survive a power cut.
//! From then on the record grows at its end, by one write per line or more, by any process.
//!
//! What is read of a photo is compared with the checksum in its record, and a record that says
//! nothing of its photo is mended by it (`caretaker::examine`).

mod caretaker;
mod damage;
mod files;
mod layout;
mod photo_file;
mod records;
mod shards;
mod spool;
mod upload;

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use photo_core::ports::{
    Examination, Examined, ImageBytes, ImageLimits, ImageStore, ImageStoreError, ImageUpload,
    Inspection,
};
use photo_core::record::{ImageRecord, RecordLine};
use photo_core::{ImageInfo, ImageKey};
use rustix::fs::{Access, access};

use self::caretaker::examine::StoredImage;
use self::caretaker::lease::CaretakerLease;
use self::caretaker::shard;
use self::files::checked::{CheckedPhotos, FileVersion};
use self::records::noted::NotedImages;
use self::records::{file as record_file, sync as record_sync};
use self::shards::Shards;
use self::spool::Spool;
use self::upload::SpoolUpload;

pub use self::files::header::read_header;

/// How much of a photo is read, hashed and written at a time, in bytes. A little less than the 128
/// KiB that the HTTP server hands over at most: so one such piece makes a block, and not almost
/// two.
const BLOCK: usize = 100 * 1024;

/// How many threads sync the files of one request at the same time. The file system makes durable
/// together what is synced together.
const SYNCING: usize = 8;

/// Photos in a folder that any number of programs may share.
pub struct LocalImages {
    shards: Arc<Shards>,
    spool: Arc<Spool>,
    lease: Arc<CaretakerLease>,
    noted: Arc<NotedImages>,
    checked: CheckedPhotos,
}

impl LocalImages {
    /// Opens the folder and makes it if it is not there. Fails if this process may not write to it,
    /// since every program adds to the records, or if a newer release has changed its layout.
    /// Blocks on the disk.
    pub fn open(root: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(root)?;
        let root = root.canonicalize()?;
        access(&root, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK)?;
        layout::check(&root)?;
        let spool = Arc::new(Spool::new(&root));
        let lease = Arc::new(CaretakerLease::new(&root));
        let noted = Arc::new(NotedImages::new(&root));
        let shards = Arc::new(Shards::new(root));
        Ok(Self { shards, spool, lease, noted, checked: CheckedPhotos::default() })
    }

    /// Does what waits for the disk on a thread that may wait.
    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
    ) -> Result<T, ImageStoreError> {
        let shards = Arc::clone(&self.shards);
        blocking(move || work(&shards.root).map_err(disk_error)).await
    }
}

#[async_trait]
impl ImageStore for LocalImages {
    async fn begin(&self, limits: ImageLimits) -> Result<Box<dyn ImageUpload>, ImageStoreError> {
        let (shards, spool) = (Arc::clone(&self.shards), Arc::clone(&self.spool));
        Ok(Box::new(SpoolUpload::new(shards, spool, Arc::clone(&self.noted), limits)))
    }

    async fn stat(&self, image: ImageKey) -> Result<Option<ImageInfo>, ImageStoreError> {
        match photo_file::find(&self.shards, &self.spool, image).await {
            Err(ImageStoreError::Damaged(_)) => Ok(None),
            found => Ok(found?.map(|(info, _)| info)),
        }
    }

    async fn open(
        &self,
        image: ImageKey,
    ) -> Result<Option<(ImageInfo, ImageBytes)>, ImageStoreError> {
        photo_file::open(&self.shards, &self.spool, image).await
    }

    async fn check(&self, image: ImageKey) -> Result<Option<ImageInfo>, ImageStoreError> {
        let found = photo_file::find(&self.shards, &self.spool, image).await?;
        let Some((info, file)) = found else { return Ok(None) };
        let version = FileVersion::of(&file.metadata().map_err(disk_error)?);
        if !self.checked.knows(image, version, Instant::now()) {
            let mut blocks = photo_file::blocks(&self.shards, &self.spool, &info, file);
            while blocks.try_next().await?.is_some() {}
            self.checked.add(image, version, Instant::now());
        }
        Ok(Some(info))
    }

    async fn record(&self, image: ImageKey) -> Result<Option<ImageRecord>, ImageStoreError> {
        self.on_disk(move |root| record_file::read(root, image)).await
    }

    async fn photo_notes(
        &self,
        images: &[ImageKey],
    ) -> Result<HashMap<ImageKey, Vec<String>>, ImageStoreError> {
        if self.noted.is_stale() {
            let noted = Arc::clone(&self.noted);
            blocking(move || noted.refresh().map_err(disk_error)).await?;
        }
        let noted = self.noted.among(images);
        if noted.is_empty() {
            return Ok(HashMap::new());
        }
        self.on_disk(move |root| {
            let notes = noted.into_iter().map(|image| {
                let record = match record_file::read(root, image) {
                    // It must not keep the others from being told.
                    Err(error) if damage::damaged_image(&error).is_some() => None,
                    record => record?,
                };
                Ok((image, record.unwrap_or_default().notes()))
            });
            notes.filter(|it| it.as_ref().is_ok_and(|(_, notes)| !notes.is_empty())).collect()
        })
        .await
    }

    async fn append(&self, lines: Vec<(ImageKey, RecordLine)>) -> Result<(), ImageStoreError> {
        let is_note = |line: &RecordLine| matches!(line, RecordLine::Noted(_));
        let noted: Vec<ImageKey> =
            lines.iter().filter(|(_, line)| is_note(line)).map(|(image, _)| *image).collect();
        let index = Arc::clone(&self.noted);
        self.on_disk(move |root| {
            index.add(&noted)?;
            // One that fails does not keep the others from being written.
            let appended = lines.into_iter().map(|(image, line)| {
                match record_file::append(root, image, &[line]) {
                    Err(error) if damage::damaged_image(&error).is_some() => Ok(()),
                    appended => appended.map(|_not_synced| ()),
                }
            });
            appended.fold(Ok(()), Result::and)
        })
        .await
    }

    async fn sync_records(&self, images: &[ImageKey]) -> Result<(), ImageStoreError> {
        record_sync::sync_all(Arc::clone(&self.shards), images).await
    }

    async fn list(&self, shard: u8) -> Result<Vec<ImageKey>, ImageStoreError> {
        self.on_disk(move |root| shard::list(root, shard)).await
    }

    async fn inspect(&self, images: &[ImageKey]) -> Result<Vec<Inspection>, ImageStoreError> {
        let (images, noted) = (images.to_vec(), Arc::clone(&self.noted));
        self.on_disk(move |root| {
            let inspect = |image: &ImageKey| shard::inspect(root, *image);
            let found = images.iter().map(inspect).collect::<io::Result<Vec<Inspection>>>()?;
            // What was lost of the index, or was never in it, is found by a walk over all records.
            let has_notes =
                |it: &&Inspection| it.record.as_ref().is_some_and(ImageRecord::has_notes);
            let with_notes = found.iter().filter(has_notes).map(|it| it.image);
            noted.add(&with_notes.collect::<Vec<_>>())?;
            Ok(found)
        })
        .await
    }

    async fn examine(
        &self,
        image: ImageKey,
        how: Examination,
    ) -> Result<Examined, ImageStoreError> {
        let (shards, spool) = (Arc::clone(&self.shards), Arc::clone(&self.spool));
        let stop = Arc::new(AtomicBool::new(false));
        let _until_answered = StopOnDrop(Arc::clone(&stop));
        blocking(move || {
            let site = StoredImage { root: &shards.root, spool: &spool, image };
            site.examine(how, &stop).map_err(disk_error)
        })
        .await
    }

    async fn remove(&self, found: &Inspection, record_too: bool) -> Result<bool, ImageStoreError> {
        let found = found.clone();
        self.on_disk(move |root| shard::remove(root, &found, record_too)).await
    }

    async fn clean_up(&self) -> Result<u64, ImageStoreError> {
        let spool = Arc::clone(&self.spool);
        blocking(move || spool.clean_up().map_err(disk_error)).await
    }

    async fn take_care(&self) -> Result<bool, ImageStoreError> {
        let lease = Arc::clone(&self.lease);
        blocking(move || lease.take().map_err(disk_error)).await
    }

    async fn notes(&self) -> Result<Option<Vec<u8>>, ImageStoreError> {
        let lease = Arc::clone(&self.lease);
        blocking(move || lease.notes().map_err(disk_error)).await
    }

    async fn note(&self, notes: Vec<u8>) -> Result<(), ImageStoreError> {
        let lease = Arc::clone(&self.lease);
        blocking(move || lease.note(&notes).map_err(disk_error)).await
    }

    async fn ping(&self) -> Result<(), ImageStoreError> {
        let spool = Arc::clone(&self.spool);
        blocking(move || spool.try_out()).await
    }
}

/// Tells a thread that nobody waits for it any more.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// An error of the disk, sorted: no room (on the disk, in the quota, or for a file so large), or
/// something else.
fn disk_error(error: io::Error) -> ImageStoreError {
    if let Some(image) = damage::damaged_image(&error) {
        return ImageStoreError::Damaged(image);
    }
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            ImageStoreError::Full(error.into())
        }
        _ => ImageStoreError::unavailable(error),
    }
}

/// Runs what waits for the disk on a thread that may wait.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ImageStoreError> + Send + 'static,
) -> Result<T, ImageStoreError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|e| Err(ImageStoreError::unavailable(e)))
}
