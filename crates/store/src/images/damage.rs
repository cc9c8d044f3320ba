//! Telling what is wrong with one image's files from what is wrong with the whole store.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use photo_core::ImageKey;

/// The number of "input/output error", which a disk gives for sectors that it cannot read.
const EIO: i32 = 5;

/// What damaged files are called after their names.
const DAMAGED: &str = "damaged";

/// Why an image cannot be read; inside an [`io::Error`].
#[derive(Debug, thiserror::Error)]
#[error("what is stored of the image {0} is damaged")]
struct Damaged(ImageKey);

/// An error that says that an image is damaged.
pub(super) fn damaged(image: ImageKey) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, Damaged(image))
}

/// The image that is damaged, if that is what an error says.
pub(super) fn damaged_image(error: &io::Error) -> Option<ImageKey> {
    error.get_ref()?.downcast_ref::<Damaged>().map(|damaged| damaged.0)
}

/// An error of a call about one file of an image, as [`damaged`] where it is this file's alone:
/// something else lies in its place, it may not be read, or the disk cannot.
pub(super) fn sort(image: ImageKey, path: &Path, error: io::Error) -> io::Error {
    let is_its_own = match error.kind() {
        io::ErrorKind::IsADirectory => true,
        // Not the folder's: that would be so for all files in it.
        io::ErrorKind::PermissionDenied => fs::symlink_metadata(path).is_ok(),
        _ => is_unreadable(&error),
    };
    if is_its_own {
        tracing::warn!(%image, path = %path.display(), %error, "a file of an image is damaged");
        damaged(image)
    } else {
        error
    }
}

/// Whether the disk cannot read a file's sectors.
pub(super) fn is_unreadable(error: &io::Error) -> bool {
    error.raw_os_error() == Some(EIO)
}

/// Takes a damaged file, or whatever lies in its place, out of its place. Of what was set aside
/// before, only the latest is kept.
pub(super) fn set_aside(path: &Path) -> io::Result<()> {
    let aside = aside(path);
    // A folder does not take a file's place by itself, or the other way round.
    fs::rename(path, &aside).or_else(|_| {
        remove(&aside)?;
        fs::rename(path, &aside)
    })
}

/// Removes what was set aside, if anything was.
pub(super) fn remove(aside: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(aside) {
        Ok(about) if about.is_dir() => fs::remove_dir_all(aside),
        Ok(_) => fs::remove_file(aside),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Where a damaged file goes: beside its place.
pub(super) fn aside(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".");
    name.push(DAMAGED);
    name.into()
}
