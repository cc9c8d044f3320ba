//! Whether a stored photo is whole.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use photo_core::{Checksum, ChecksumHasher, ImageInfo};

use super::noatime;
use crate::images::BLOCK;
use crate::images::damage::is_unreadable;

/// Whether a photo is stored, as far as its length tells.
pub(crate) fn is_whole(root: &Path, info: &ImageInfo) -> io::Result<bool> {
    match fs::metadata(root.join(info.path())) {
        Ok(photo) => Ok(photo.len() == info.bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether a photo is stored, as far as its checksum tells. All of it is read.
pub(crate) fn is_sound(root: &Path, info: &ImageInfo) -> io::Result<bool> {
    if !is_whole(root, info)? {
        return Ok(false);
    }
    match checksum(&root.join(info.path()), info.bytes) {
        Ok(checksum) => Ok(info.checksum.is_none_or(|known| known == checksum)),
        Err(error) if error.kind() == io::ErrorKind::NotFound || is_unreadable(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

fn checksum(path: &Path, bytes: u64) -> io::Result<Checksum> {
    let (mut file, mut hasher) = (noatime::open(path)?, ChecksumHasher::default());
    let mut block = vec![0; usize::try_from(bytes).unwrap_or(BLOCK).clamp(1, BLOCK)];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(hasher.finish()),
            read => hasher.update(&block[..read]),
        }
    }
}
