//! Giving received photos their names, durably.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::try_join_all;
use photo_core::ImageKey;
use photo_core::ports::{ImageRecord, ImageStoreError, PhotoRefusal};

use super::spool::{Spool, Spooled};
use super::{blocking, disk_error};

/// How many threads sync the photos of one request at the same time. The file system makes
/// durable together what is synced together.
const THREADS: usize = 8;

/// Where a photo's record lies below the root.
pub(super) fn record_path(image: ImageKey) -> String {
    let md5 = image.to_string();
    format!("{}/{md5}.json", &md5[..2])
}

/// Stores all photos, then makes the folders that name them durable.
pub(super) async fn publish(
    root: Arc<PathBuf>,
    spool: Arc<Spool>,
    photos: Vec<Spooled>,
) -> Result<(), ImageStoreError> {
    // Collisions are found before anything is stored.
    let (photos, folders) = {
        let root = Arc::clone(&root);
        blocking(move || prepare(&root, photos)).await?
    };
    let share = photos.len().div_ceil(THREADS).max(1);
    let mut photos = photos.into_iter();
    let shares = std::iter::from_fn(|| {
        let share: Vec<Spooled> = photos.by_ref().take(share).collect();
        (!share.is_empty()).then_some(share)
    });
    try_join_all(shares.map(|share| {
        let (root, spool) = (Arc::clone(&root), Arc::clone(&spool));
        blocking(move || share.into_iter().try_for_each(|photo| store(&root, &spool, photo)))
    }))
    .await?;
    blocking(move || sync_folders(&root, &folders).map_err(disk_error)).await
}

/// Checks every photo against what is stored and against the others, and makes the folders. Answers the photos that are
/// not stored yet, and the folders of all: a photo that was stored a moment ago by another request
/// may have a name that is not durable yet.
fn prepare(
    root: &Path,
    photos: Vec<Spooled>,
) -> Result<(Vec<Spooled>, HashSet<PathBuf>), ImageStoreError> {
    let mut missing = Vec::new();
    let mut folders = HashSet::new();
    let mut seen = HashMap::new();
    for photo in photos {
        let ImageRecord { md5, sha256, .. } = photo.record;
        match seen.insert(md5, sha256) {
            None => {}
            Some(twin) if twin == sha256 => continue,
            Some(_) => return Err(PhotoRefusal::Collision(md5).into()),
        }
        let path = root.join(photo.record.path());
        // A photo's path has a folder: `ImageRecord::path`.
        let folder = path.parent().unwrap_or(root).to_owned();
        if folders.insert(folder.clone()) {
            fs::create_dir_all(&folder).map_err(disk_error)?;
        }
        if !is_stored(root, &photo.record)? {
            missing.push(photo);
        }
    }
    Ok((missing, folders))
}

/// Whether this very photo is stored; an error if another one with its MD5 is.
fn is_stored(root: &Path, wanted: &ImageRecord) -> Result<bool, ImageStoreError> {
    let Some(stored) = read_record(root, wanted.md5).map_err(disk_error)? else {
        return Ok(false);
    };
    let photo_is_there = match fs::metadata(root.join(stored.path())) {
        Ok(photo) => photo.len() == stored.bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(disk_error(error)),
    };
    if stored.sha256 == wanted.sha256 {
        Ok(photo_is_there)
    } else if photo_is_there {
        Err(PhotoRefusal::Collision(wanted.md5).into())
    } else {
        // Left by a process that died in `store`: nobody was ever promised that photo.
        fs::remove_file(root.join(record_path(wanted.md5))).map_err(disk_error)?;
        Ok(false)
    }
}

/// A record that cannot be read is none: its photo is stored again with a new one.
fn read_record(root: &Path, image: ImageKey) -> io::Result<Option<ImageRecord>> {
    let path = root.join(record_path(image));
    match fs::read(&path) {
        Ok(text) => match serde_json::from_slice(&text) {
            Ok(record) => Ok(Some(record)),
            Err(_) => fs::remove_file(&path).map(|()| None),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The record first, which claims the name; then the photo, which makes it visible.
fn store(root: &Path, spool: &Spool, photo: Spooled) -> Result<(), ImageStoreError> {
    File::open(&photo.file).and_then(|file| file.sync_all()).map_err(disk_error)?;
    let mut record = spool.create().map_err(disk_error)?;
    serde_json::to_writer(&mut record, &photo.record)
        .map_err(io::Error::from)
        .and_then(|()| record.flush())
        .and_then(|()| record.as_file().sync_all())
        .map_err(disk_error)?;
    let claimed = record.persist_noclobber(root.join(record_path(photo.record.md5)));
    if let Err(error) = claimed {
        if error.error.kind() != io::ErrorKind::AlreadyExists {
            return Err(disk_error(error.error));
        }
        // Another request stores the same photo now, unless it is one made to collide.
        let first = read_record(root, photo.record.md5).map_err(disk_error)?;
        if first.is_some_and(|first| first.sha256 != photo.record.sha256) {
            return Err(PhotoRefusal::Collision(photo.record.md5).into());
        }
    }
    photo.file.persist(root.join(photo.record.path())).map_err(|e| disk_error(e.error))
}

fn sync_folders(root: &Path, folders: &HashSet<PathBuf>) -> io::Result<()> {
    folders.iter().map(PathBuf::as_path).chain([root]).try_for_each(|f| File::open(f)?.sync_all())
}
