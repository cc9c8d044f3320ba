//! The files that photos are.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use photo_core::ports::{ImageBytes, ImageStoreError};
use photo_core::{ImageInfo, ImageKey};
use tokio_util::io::ReaderStream;

use super::{BLOCK, record_file};

/// A stored photo.
pub(super) enum Photo {
    /// One that is small enough to be read at once: each block is a trip to another thread.
    Whole(Bytes),
    /// One that is read block by block.
    Blocks(File),
}

/// Opens an image's photo; `None` if it is not stored.
pub(super) fn open(root: &Path, image: ImageKey) -> io::Result<Option<(ImageInfo, Photo)>> {
    let Some(info) = record_file::read_info(root, image)? else { return Ok(None) };
    let file = match File::open(root.join(info.path())) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if file.metadata()?.len() != info.bytes {
        return Ok(None);
    }
    let photo = match usize::try_from(info.bytes) {
        Ok(length) if length <= BLOCK => {
            let mut bytes = Vec::with_capacity(length);
            file.take(info.bytes).read_to_end(&mut bytes)?;
            Photo::Whole(bytes.into())
        }
        _ => Photo::Blocks(file),
    };
    Ok(Some((info, photo)))
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
    /// Its bytes, in pieces.
    pub(super) fn into_bytes(self) -> ImageBytes {
        match self {
            Self::Whole(bytes) => stream::iter([Ok(bytes)]).boxed(),
            Self::Blocks(file) => {
                ReaderStream::with_capacity(tokio::fs::File::from_std(file), BLOCK)
                    .map(|block| block.map_err(ImageStoreError::unavailable))
                    .boxed()
            }
        }
    }
}
