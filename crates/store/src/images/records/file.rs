//! The files that records are.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use photo_core::record::{self, ImageRecord, RecordLine};
use photo_core::{Clock, ImageInfo, ImageKey, UnixMillis};

use crate::images::damage;
use crate::images::files::{cached, noatime};
use crate::images::layout::record_path;
use crate::images::spool::Spool;

/// The first line is no longer than this, in bytes; a longer one costs another read.
const HEAD: usize = 1024;

/// How often a record is opened to be added to while others write it anew.
const TRIES: u32 = 10;

/// An image's record, if it has one.
pub(crate) fn read(root: &Path, image: ImageKey) -> io::Result<Option<ImageRecord>> {
    let Some(file) = opened(root, image, noatime::open)? else { return Ok(None) };
    let record = ImageRecord::read(BufReader::new(file));
    record.map(Some).map_err(|error| damage::sort(image, &record_path(root, image), error))
}

/// What is known of an image's photo, if it has a record; a record that does not say is damaged,
/// since the photo may be there. Reads no more of it than needed: results may follow.
pub(crate) fn read_info(root: &Path, image: ImageKey) -> io::Result<Option<ImageInfo>> {
    let Some(file) = opened(root, image, noatime::open)? else { return Ok(None) };
    let mut head = Vec::with_capacity(HEAD);
    let read = file.take(HEAD as u64).read_to_end(&mut head);
    read.map_err(|error| damage::sort(image, &record_path(root, image), error))?;
    // An info that is damaged is looked for in the rest.
    let info = match ImageRecord::first_info(&head) {
        Some(info) => Some(info),
        None => read_whole_info(root, image)?,
    };
    // A record that somebody swapped for another's says nothing of this one.
    info.filter(|info| info.md5 == image).map(Some).ok_or_else(|| damage::damaged(image))
}

fn read_whole_info(root: &Path, image: ImageKey) -> io::Result<Option<ImageInfo>> {
    Ok(read(root, image)?.and_then(|record| record.info))
}

/// [`read_info`] without waiting for the disk; an error as [`cached::must_wait`] tells them where
/// it would have to.
pub(crate) fn read_cached_info(root: &Path, image: ImageKey) -> io::Result<Option<ImageInfo>> {
    let file = match cached::open(&record_path(root, image)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        // Whatever else is wrong with it is looked at with more time.
        Err(_) => return Err(io::ErrorKind::WouldBlock.into()),
    };
    let mut head = [0; HEAD];
    let read = cached::read_at(&file, &mut head, 0).map_err(|_| io::ErrorKind::WouldBlock)?;
    let info = ImageRecord::first_info(&head[..read]).filter(|info| info.md5 == image);
    info.map(Some).ok_or_else(|| io::ErrorKind::WouldBlock.into())
}

/// Adds lines to an image's record, if it has one; answers its file, to be synced or not. All
/// lines are one write at the file's end, so that those of several processes do not mix.
pub(crate) fn append(
    root: &Path,
    image: ImageKey,
    lines: &[RecordLine],
) -> io::Result<Option<File>> {
    for _ in 0..TRIES {
        let append = |path: &Path| File::options().append(true).open(path);
        let Some(mut file) = locked(root, image, append, File::lock_shared)? else {
            if record_path(root, image).exists() {
                // It was written anew meanwhile.
                continue;
            }
            return Ok(None);
        };
        file.write_all(&RecordLine::to_texts(lines))?;
        return Ok(Some(file));
    }
    Err(io::Error::other(format!("the record of {image} is being written anew")))
}

/// [`append`] for who holds the image alone. Synced.
pub(crate) fn append_held(root: &Path, image: ImageKey, lines: &[RecordLine]) -> io::Result<()> {
    let mut file = File::options().append(true).open(record_path(root, image))?;
    file.write_all(&RecordLine::to_texts(lines))?;
    file.sync_data()
}

/// Writes an image's record anew with this image line; a damaged one is kept aside. Nobody reads
/// half of it, and lines that are added meanwhile wait for the new one.
pub(crate) fn rewrite(
    root: &Path,
    spool: &Spool,
    info: &ImageInfo,
    was_damaged: bool,
) -> io::Result<()> {
    let (image, path) = (info.md5, record_path(root, info.md5));
    let held = match hold_alone(root, image) {
        Err(error) if damage::damaged_image(&error).is_some() => None,
        held => held?,
    };
    let old = fs::read(&path);
    let text = record::rebuild(old.as_deref().unwrap_or_default(), info, was_damaged.then(now));
    let mut new = spool.create()?;
    new.write_all(&text)?;
    if let Some(held) = &held {
        // It is no news of the image.
        new.as_file().set_modified(held.metadata()?.modified()?)?;
    }
    new.as_file().sync_data()?;
    match old {
        Ok(old) if was_damaged => {
            let aside = damage::aside(&path);
            damage::remove(&aside)?;
            fs::write(aside, old)?;
        }
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        // What lies there is no file, or one that cannot be read.
        Err(_) => damage::set_aside(&path)?,
    }
    new.persist(&path)?;
    Ok(())
}

/// Makes an image's record durable, if it has one.
pub(crate) fn sync(root: &Path, image: ImageKey) -> io::Result<()> {
    match opened(root, image, |path| File::open(path))? {
        Some(file) => file.sync_data(),
        None => Ok(()),
    }
}

/// Keeps an image from being removed while the answer is held. `None` if it has no record, or lost
/// it while this waited.
pub(crate) fn hold(root: &Path, image: ImageKey) -> io::Result<Option<File>> {
    locked(root, image, |path| File::open(path), File::lock_shared)
}

/// Waits until nobody holds the image any more and keeps others from it.
pub(crate) fn hold_alone(root: &Path, image: ImageKey) -> io::Result<Option<File>> {
    locked(root, image, |path| File::open(path), File::lock)
}

fn locked(
    root: &Path,
    image: ImageKey,
    open: impl Fn(&Path) -> io::Result<File>,
    lock: impl Fn(&File) -> io::Result<()>,
) -> io::Result<Option<File>> {
    let Some(file) = opened(root, image, open)? else { return Ok(None) };
    match lock(&file) {
        // Where there are no locks, what is removed by its age and asked for in the same
        // microseconds may be gone.
        Err(error) if error.kind() != io::ErrorKind::Unsupported => Err(error),
        _ => Ok((file.metadata()?.nlink() > 0).then_some(file)),
    }
}

/// An image's record as a file, if it has one.
fn opened(
    root: &Path,
    image: ImageKey,
    open: impl Fn(&Path) -> io::Result<File>,
) -> io::Result<Option<File>> {
    let path = record_path(root, image);
    match open(&path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(damage::sort(image, &path, error)),
    }
}

/// The time by this machine's clock, for what is written down.
pub(crate) fn now() -> UnixMillis {
    Clock::default().now()
}
