//! The files that records are.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use photo_core::record::{ImageRecord, RecordLine};
use photo_core::{ImageInfo, ImageKey};

use super::{cached, unnoted};

/// The first line is no longer than this, in bytes.
const HEAD: usize = 512;

/// What records are called after their image.
pub(super) const EXTENSION: &str = "jsonl";

/// Where an image's record lies.
pub(super) fn path(root: &Path, image: ImageKey) -> PathBuf {
    let md5 = image.to_string();
    root.join(&md5[..2]).join(format!("{md5}.{EXTENSION}"))
}

/// An image's record, if it has one.
pub(super) fn read(root: &Path, image: ImageKey) -> io::Result<Option<ImageRecord>> {
    match unnoted::open(&path(root, image)) {
        Ok(file) => ImageRecord::read(BufReader::new(file)).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// What is known of an image's photo, if it has a record; a record that does not say is an error,
/// since the photo may be there. Reads no more of it than needed: results may follow.
pub(super) fn read_info(root: &Path, image: ImageKey) -> io::Result<Option<ImageInfo>> {
    let file = match unnoted::open(&path(root, image)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut head = Vec::with_capacity(HEAD);
    file.take(HEAD as u64).read_to_end(&mut head)?;
    // An info that is damaged is looked for in the rest.
    let info = match ImageRecord::first_info(&head) {
        Some(info) => Some(info),
        None => read(root, image)?.and_then(|record| record.info),
    };
    info.map(Some).ok_or_else(|| io::Error::other(format!("the record of {image} is damaged")))
}

/// [`read_info`] without waiting for the disk; an error as [`cached::must_wait`] tells them where it
/// would have to.
pub(super) fn read_cached_info(root: &Path, image: ImageKey) -> io::Result<Option<ImageInfo>> {
    let file = match cached::open(&path(root, image)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut head = [0; HEAD];
    let read = cached::read_at(&file, &mut head, 0)?;
    let info = ImageRecord::first_info(&head[..read]);
    info.map(Some).ok_or_else(|| io::ErrorKind::WouldBlock.into())
}

/// Adds lines to an image's record, if it has one; answers its file, to be synced or not. All
/// lines are one write at the file's end, so that those of several processes do not mix.
pub(super) fn append(
    root: &Path,
    image: ImageKey,
    lines: &[RecordLine],
) -> io::Result<Option<File>> {
    let mut file = match File::options().append(true).open(path(root, image)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let text = RecordLine::to_texts(lines);
    file.write_all(&text)?;
    Ok(Some(file))
}

/// Makes an image's record durable, if it has one.
pub(super) fn sync(root: &Path, image: ImageKey) -> io::Result<()> {
    match File::open(path(root, image)) {
        Ok(file) => file.sync_data(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Keeps an image from being removed while the answer is held. `None` if it has no record, or lost
/// it while this waited.
pub(super) fn hold(root: &Path, image: ImageKey) -> io::Result<Option<File>> {
    locked(root, image, File::lock_shared)
}

/// Waits until nobody holds the image any more and keeps others from it.
pub(super) fn hold_alone(root: &Path, image: ImageKey) -> io::Result<Option<File>> {
    locked(root, image, File::lock)
}

fn locked(
    root: &Path,
    image: ImageKey,
    lock: impl Fn(&File) -> io::Result<()>,
) -> io::Result<Option<File>> {
    let file = match File::open(path(root, image)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    match lock(&file) {
        // Where there are no locks, what is removed by its age and asked for in the same
        // microseconds may be gone.
        Err(error) if error.kind() != io::ErrorKind::Unsupported => Err(error),
        _ => Ok((file.metadata()?.nlink() > 0).then_some(file)),
    }
}
