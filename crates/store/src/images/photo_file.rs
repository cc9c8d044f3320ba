//! Reading stored photos.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use photo_core::ports::{ImageBytes, ImageStoreError};
use photo_core::{Checksum, ChecksumHasher, ImageInfo, ImageKey};

use super::caretaker::examine::StoredImage;
use super::damage::{aside, damaged, damaged_image};
use super::files::{cached, noatime};
use super::records::file as record_file;
use super::shards::Shards;
use super::spool::Spool;
use super::{BLOCK, blocking, disk_error};

/// A stored photo that is being read.
struct Photo {
    info: ImageInfo,
    file: Arc<File>,
    /// How many bytes are left, from where on.
    left: u64,
    at: u64,
    /// What is known of the bytes before.
    hasher: ChecksumHasher,
    shards: Arc<Shards>,
    spool: Arc<Spool>,
}

/// Opens an image's photo; `None` if it is not stored.
pub(super) async fn open(
    shards: &Arc<Shards>,
    spool: &Arc<Spool>,
    image: ImageKey,
) -> Result<Option<(ImageInfo, ImageBytes)>, ImageStoreError> {
    let Some((info, file)) = find(shards, spool, image).await? else { return Ok(None) };
    let bytes = blocks(shards, spool, &info, file);
    Ok(Some((info, bytes)))
}

/// A photo's blocks. The last one comes once the checksum of all of them is right.
pub(super) fn blocks(
    shards: &Arc<Shards>,
    spool: &Arc<Spool>,
    info: &ImageInfo,
    file: File,
) -> ImageBytes {
    let photo = Photo {
        file: Arc::new(file),
        left: info.bytes,
        at: 0,
        hasher: ChecksumHasher::default(),
        info: info.clone(),
        shards: Arc::clone(shards),
        spool: Arc::clone(spool),
    };
    let blocks = stream::unfold(photo, async |mut photo| {
        let block = photo.next_block().await.transpose()?;
        if block.is_err() {
            photo.left = 0;
        }
        Some((block, photo))
    });
    blocks.boxed()
}

/// An image's photo, if it is stored, and what is known of it. What is in memory is not waited for.
pub(super) async fn find(
    shards: &Arc<Shards>,
    spool: &Arc<Spool>,
    image: ImageKey,
) -> Result<Option<(ImageInfo, File)>, ImageStoreError> {
    let root = &shards.root;
    let cached = record_file::read_cached_info(root, image)
        .and_then(|info| open_photo(root, info.as_ref(), cached::open));
    match cached {
        Ok(Found::Whole(info, file)) => Ok(Some((info, file))),
        Ok(Found::Nothing) => Ok(None),
        Err(error) if !cached::must_wait(&error) => Err(disk_error(error)),
        // What is wrong is looked at with more time, too.
        Ok(Found::Damaged) | Err(_) => {
            let (shards, spool) = (Arc::clone(shards), Arc::clone(spool));
            blocking(move || {
                let site = StoredImage { root: &shards.root, spool: &spool, image };
                find_or_mend(site).map_err(disk_error)
            })
            .await
        }
    }
}

fn find_or_mend(site: StoredImage<'_>) -> io::Result<Option<(ImageInfo, File)>> {
    let info = match record_file::read_info(site.root, site.image) {
        Err(error) if damaged_image(&error).is_some() => Some(site.mend_record()?),
        info => info?,
    };
    match open_photo(site.root, info.as_ref(), noatime::open)? {
        Found::Whole(info, file) => Ok(Some((info, file))),
        Found::Nothing => Ok(None),
        Found::Damaged => {
            site.confirm_damage()?;
            Err(damaged(site.image))
        }
    }
}

/// What is found in a photo's place.
enum Found {
    /// A photo of the right length.
    Whole(ImageInfo, File),
    /// Neither a photo nor what is left of one.
    Nothing,
    /// A photo of another length, or one that was set aside.
    Damaged,
}

fn open_photo(
    root: &Path,
    info: Option<&ImageInfo>,
    open: impl Fn(&Path) -> io::Result<File>,
) -> io::Result<Found> {
    let Some(info) = info else { return Ok(Found::Nothing) };
    let path = root.join(info.path());
    let file = match open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let was_set_aside = aside(&path).exists();
            return Ok(if was_set_aside { Found::Damaged } else { Found::Nothing });
        }
        Err(error) => return Err(error),
    };
    let is_whole = file.metadata()?.len() == info.bytes;
    Ok(if is_whole { Found::Whole(info.clone(), file) } else { Found::Damaged })
}

impl Photo {
    /// The next bytes, [`BLOCK`] of them or all that are left; `None` at the end.
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
        self.left -= read as u64;
        if read == 0 || (self.left == 0 && !self.is_right(&block)) {
            return Err(self.wrong_bytes().await);
        }
        if self.left > 0 && self.info.checksum.is_some() {
            self.hasher.update(&block);
        }
        Ok(Some(block.into()))
    }

    /// Whether the checksum is right, with the last block.
    fn is_right(&mut self, last: &[u8]) -> bool {
        let Some(known) = self.info.checksum else { return true };
        if last.len() as u64 == self.at {
            return Checksum::of(last) == known;
        }
        self.hasher.update(last);
        self.hasher.finish() == known
    }

    /// What is to be said of bytes that are not the photo's.
    async fn wrong_bytes(&self) -> ImageStoreError {
        let (shards, spool) = (Arc::clone(&self.shards), Arc::clone(&self.spool));
        let image = self.info.md5;
        let is_damaged = blocking(move || {
            let site = StoredImage { root: &shards.root, spool: &spool, image };
            site.confirm_damage().map_err(disk_error)
        });
        match is_damaged.await {
            Ok(true) => ImageStoreError::Damaged(image),
            // Mended meanwhile, or read wrong once.
            Ok(false) => ImageStoreError::unavailable("the photo was read wrong; it is read again"),
            Err(error) => error,
        }
    }
}
