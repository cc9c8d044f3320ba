//! The 256 folders in which photos and records lie, by the first two digits of their MD5.

use std::collections::BTreeSet;
use std::fs::{self, DirEntry};
use std::io;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use photo_core::ports::Inspection;
use photo_core::record::ImageRecord;
use photo_core::{ImageKey, PhotoFormat, UnixMillis};

use crate::images::files::whole;
use crate::images::records::file as record_file;
use crate::images::{damage, layout};

/// The images that have a file in one folder, in order.
pub(crate) fn list(root: &Path, shard: u8) -> io::Result<Vec<ImageKey>> {
    let folder = match fs::read_dir(root.join(format!("{shard:02x}"))) {
        Ok(folder) => folder,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let images: BTreeSet<ImageKey> = folder
        .filter_map(|entry| entry.map(|entry| image_of(&entry)).transpose())
        .collect::<io::Result<_>>()?;
    Ok(images.into_iter().collect())
}

/// Whose photo or record a file is; nobody's if somebody else put it there.
fn image_of(entry: &DirEntry) -> Option<ImageKey> {
    let name = entry.file_name();
    let (stem, extension) = name.to_str()?.split_once('.')?;
    let mut ours = PhotoFormat::ALL.iter().map(|format| format.extension());
    let is_ours = extension == layout::RECORD_EXTENSION || ours.any(|ours| ours == extension);
    is_ours.then(|| stem.parse().ok()).flatten()
}

pub(crate) fn inspect(root: &Path, image: ImageKey) -> io::Result<Inspection> {
    let (record, is_readable) = match record_file::read(root, image) {
        Err(error) if damage::damaged_image(&error).is_some() => (None, false),
        record => (record?, true),
    };
    let info = record.as_ref().and_then(|record| record.info.as_ref());
    let (photo, damaged_photo) = match info {
        Some(info) => {
            let (is_whole, path) = (whole::is_whole(root, info)?, root.join(info.path()));
            (is_whole, !is_whole && (path.exists() || damage::aside(&path).exists()))
        }
        None => (layout::photo_paths(root, image).any(|path| path.exists()), false),
    };
    let has_lost = |record: &ImageRecord| record.info.is_none() || record.unreadable > 0;
    let damaged_record = !is_readable || record.as_ref().is_some_and(has_lost);
    let changed_at = changed_at(root, image)?.unwrap_or(UnixMillis(0));
    Ok(Inspection { image, photo, damaged_photo, damaged_record, record, changed_at })
}

/// Removes an image if it is as it was found; answers whether it did.
pub(crate) fn remove(root: &Path, found: &Inspection, record_too: bool) -> io::Result<bool> {
    let _alone = record_file::hold_alone(root, found.image)?;
    if changed_at(root, found.image)? != Some(found.changed_at) {
        return Ok(false);
    }
    // Most have never been damaged, and nothing lies aside.
    let was_damaged = found.damaged_photo
        || found.damaged_record
        || found.record.as_ref().is_none_or(|record| record.was_damaged);
    // The photo first: without its record nobody would know that it is there.
    let record = record_too.then(|| layout::record_path(root, found.image));
    for path in layout::photo_paths(root, found.image).chain(record) {
        if was_damaged {
            damage::remove(&damage::aside(&path))?;
        }
        remove_file(&path)?;
    }
    Ok(true)
}

/// When an image's photo or record last changed; `None` if it has neither.
fn changed_at(root: &Path, image: ImageKey) -> io::Result<Option<UnixMillis>> {
    let files = layout::photo_paths(root, image).chain([layout::record_path(root, image)]);
    files.map(|path| modified(&path)).try_fold(None, |latest, at| Ok(latest.max(at?)))
}

fn modified(path: &Path) -> io::Result<Option<UnixMillis>> {
    match fs::metadata(path).and_then(|file| file.modified()) {
        Ok(at) => Ok(Some(unix_millis(at))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn unix_millis(at: SystemTime) -> UnixMillis {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
