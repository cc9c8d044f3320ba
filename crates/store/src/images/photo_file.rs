//! The files that photos are.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use photo_core::ports::{ImageBytes, ImageStoreError};
use photo_core::{ImageInfo, ImageKey};

use super::{BLOCK, blocking, cached, disk_error, record_file, unnoted};

/// A stored photo that is being read.
struct Photo {
    file: Arc<File>,
    /// How many bytes are left, from where on.
    left: u64,
    at: u64,
}

/// Opens an image's photo; `None` if it is not stored.
pub(super) async fn open(
    root: &Path,
    image: ImageKey,
) -> Result<Option<(ImageInfo, ImageBytes)>, ImageStoreError> {
    let Some((info, file)) = find(root, image).await? else { return Ok(None) };
    let photo = Photo { file: Arc::new(file), left: info.bytes, at: 0 };
    let blocks = stream::unfold(photo, async |mut photo| {
        let block = photo.next_block().await.transpose()?;
        if block.is_err() {
            photo.left = 0;
        }
        Some((block, photo))
    });
    Ok(Some((info, blocks.boxed())))
}

/// An image's photo, if it is stored, and what is known of it. What is in memory is not waited for.
pub(super) async fn find(
    root: &Path,
    image: ImageKey,
) -> Result<Option<(ImageInfo, File)>, ImageStoreError> {
    let cached = record_file::read_cached_info(root, image)
        .and_then(|info| open_photo(root, info, cached::open));
    match cached {
        Err(error) if cached::must_wait(&error) => {
            let root = root.to_owned();
            blocking(move || {
                let info = record_file::read_info(&root, image);
                let found = info.and_then(|info| open_photo(&root, info, unnoted::open));
                found.map_err(disk_error)
            })
            .await
        }
        cached => cached.map_err(disk_error),
    }
}

fn open_photo(
    root: &Path,
    info: Option<ImageInfo>,
    open: impl Fn(&Path) -> io::Result<File>,
) -> io::Result<Option<(ImageInfo, File)>> {
    let Some(info) = info else { return Ok(None) };
    let file = match open(&root.join(info.path())) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok((file.metadata()?.len() == info.bytes).then_some((info, file)))
}

/// Whether a photo is stored, as far as its length tells.
pub(super) fn is_whole(root: &Path, info: &ImageInfo) -> io::Result<bool> {
    match fs::metadata(root.join(info.path())) {
        Ok(photo) => Ok(photo.len() == info.bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

impl Photo {
    /// The next bytes, [`BLOCK`] of them or all that are left; `None` at the end. A file that has
    /// become shorter ends early.
    async fn next_block(&mut self) -> Result<Option<Bytes>, ImageStoreError> {
        let length = usize::try_from(self.left).unwrap_or(BLOCK).min(BLOCK);
        if length == 0 {
            return Ok(None);
        }
        let at = self.at;
        let mut block = vec![0; length];
        let read = match cached::read_at(&self.file, &mut block, at) {
            Err(error) if cached::must_wait(&error) => {
                let file = Arc::clone(&self.file);
                let waited = blocking(move || {
                    let read = file.read_at(&mut block, at).map_err(disk_error)?;
                    Ok((read, block))
                });
                let (read, filled) = waited.await?;
                block = filled;
                read
            }
            read => read.map_err(disk_error)?,
        };
        block.truncate(read);
        self.at += read as u64;
        self.left = if read == 0 { 0 } else { self.left - read as u64 };
        Ok((read > 0).then(|| block.into()))
    }
}
