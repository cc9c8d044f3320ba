//! Photos in a folder.
//!
//! ```text
//! <root>/<first two digits>/<md5>.<extension>   a photo
//! <root>/<first two digits>/<md5>.json          what is known of it (ImageRecord)
//! <root>/.spool/…                               photos on their way in; nobody else's business
//! ```
//!
//! A photo is stored when its record is there and the photo beside it has the length the record
//! says. The record is linked into place first and never replaced while its photo is there: of two
//! photos with one MD5 the first keeps the name. Both files are synced before they get their
//! names, and the folders before a commit answers, so that a stored photo survives a power cut.
//!
//! Reading goes through `object_store`; an object store in the network will share that path and
//! upload from the same spool.

mod header;
mod publish;
mod spool;
mod upload;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{GetResultPayload, ObjectStore, ObjectStoreExt};
use photo_core::ImageKey;
use photo_core::ports::{
    ImageBytes, ImageLimits, ImageRecord, ImageStore, ImageStoreError, ImageUpload,
};
use tokio_util::io::ReaderStream;

use self::spool::Spool;
use self::upload::SpoolUpload;

/// How much of a photo is read, hashed and written at a time, in bytes.
const BLOCK: usize = 256 * 1024;

/// Photos in a folder that any number of programs may share.
pub struct LocalImages {
    root: Arc<PathBuf>,
    spool: Arc<Spool>,
    objects: Arc<dyn ObjectStore>,
}

impl LocalImages {
    /// Opens the folder and makes it if it is not there. Blocks on the disk.
    pub fn open(root: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(root)?;
        let root = Arc::new(root.canonicalize()?);
        let spool = Arc::new(Spool::open(&root)?);
        let objects = LocalFileSystem::new_with_prefix(root.as_path()).map_err(io::Error::other)?;
        Ok(Self { root, spool, objects: Arc::new(objects) })
    }
}

#[async_trait]
impl ImageStore for LocalImages {
    async fn begin(&self, limits: ImageLimits) -> Result<Box<dyn ImageUpload>, ImageStoreError> {
        Ok(Box::new(SpoolUpload::new(Arc::clone(&self.root), Arc::clone(&self.spool), limits)))
    }

    async fn stat(&self, image: ImageKey) -> Result<Option<ImageRecord>, ImageStoreError> {
        let Some(record) = get(&*self.objects, &publish::record_path(image)).await? else {
            return Ok(None);
        };
        let record = record.bytes().await.map_err(unavailable)?;
        let record: ImageRecord =
            serde_json::from_slice(&record).map_err(ImageStoreError::unavailable)?;
        let photo = self.objects.head(&ObjectPath::from(record.path())).await;
        match photo {
            Ok(photo) => Ok((photo.size == record.bytes).then_some(record)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn open(
        &self,
        image: ImageKey,
    ) -> Result<Option<(ImageRecord, ImageBytes)>, ImageStoreError> {
        let Some(record) = self.stat(image).await? else { return Ok(None) };
        let Some(photo) = get(&*self.objects, &record.path()).await? else { return Ok(None) };
        let bytes = match photo.payload {
            // Larger blocks than object_store's own, each of which is a trip to another thread.
            GetResultPayload::File(file, _) => {
                let block = BLOCK.min(usize::try_from(record.bytes).unwrap_or(BLOCK)).max(1);
                ReaderStream::with_capacity(tokio::fs::File::from_std(file), block)
                    .map(|bytes| bytes.map_err(ImageStoreError::unavailable))
                    .boxed()
            }
            GetResultPayload::Stream(stream) => {
                stream.map(|bytes| bytes.map_err(unavailable)).boxed()
            }
        };
        Ok(Some((record, bytes)))
    }

    async fn delete(&self, image: ImageKey) -> Result<(), ImageStoreError> {
        let Some(record) = self.stat(image).await? else { return Ok(()) };
        for path in [publish::record_path(image), record.path()] {
            match self.objects.delete(&ObjectPath::from(path)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(unavailable(error)),
            }
        }
        Ok(())
    }

    async fn ping(&self) -> Result<(), ImageStoreError> {
        let spool = Arc::clone(&self.spool);
        blocking(move || spool.try_out()).await
    }
}

async fn get(
    objects: &dyn ObjectStore,
    path: &str,
) -> Result<Option<object_store::GetResult>, ImageStoreError> {
    match objects.get(&ObjectPath::from(path)).await {
        Ok(found) => Ok(Some(found)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(unavailable(error)),
    }
}

fn unavailable(error: object_store::Error) -> ImageStoreError {
    ImageStoreError::unavailable(error)
}

/// An error of the disk, sorted: no room (on the disk, in the quota, or for a file so large), or
/// something else.
fn disk_error(error: io::Error) -> ImageStoreError {
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
