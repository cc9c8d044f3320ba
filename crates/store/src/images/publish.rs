//! Giving received photos their names, durably, and writing down what is asked of them.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::join_all;
use photo_core::ports::{Committed, ImageStoreError, PhotoRefusal};
use photo_core::record::{Acceptance, ImageRecord, RecordLine, Withdrawal};
use photo_core::{ImageInfo, ImageKey};

use super::spool::{Spool, Spooled};
use super::{blocking, disk_error, record_file};

/// How many threads sync the photos of one request at the same time. The file system makes
/// durable together what is synced together.
const THREADS: usize = 8;

/// Stores all photos, then makes the folders that name them durable.
pub(super) async fn publish(
    root: Arc<PathBuf>,
    spool: Arc<Spool>,
    photos: Vec<Spooled>,
    asked: &Acceptance,
) -> Result<Vec<Committed>, ImageStoreError> {
    // Collisions are found before anything is stored.
    let (photos, folders) = {
        let root = Arc::clone(&root);
        blocking(move || prepare(&root, photos)).await?
    };
    let images: Vec<ImageKey> = photos.iter().map(|photo| photo.info.md5).collect();
    let share = photos.len().div_ceil(THREADS).max(1);
    let mut photos = photos.into_iter();
    let shares = std::iter::from_fn(|| {
        let share: Vec<Spooled> = photos.by_ref().take(share).collect();
        (!share.is_empty()).then_some(share)
    });
    let ended = join_all(shares.map(|share| {
        let (root, spool, asked) = (Arc::clone(&root), Arc::clone(&spool), asked.clone());
        tokio::task::spawn_blocking(move || -> Result<Vec<_>, _> {
            share.into_iter().map(|photo| store(&root, &spool, &photo, &asked)).collect()
        })
    }))
    .await;
    let stored: Result<Vec<Vec<Committed>>, ImageStoreError> = ended
        .into_iter()
        .map(|ended| ended.unwrap_or_else(|error| Err(ImageStoreError::unavailable(error))))
        .collect();
    let asked = asked.clone();
    blocking(move || {
        let committed = stored.and_then(|stored| {
            sync_folders(&root, &folders).map_err(disk_error)?;
            Ok(stored.into_iter().flatten().collect())
        });
        if committed.is_err() {
            withdraw(&root, &images, &asked);
        }
        committed
    })
    .await
}

/// The photos that could be stored are not asked for either: all of a request or nothing. If not
/// even that can be written down, their jobs may be done some day, for nobody.
fn withdraw(root: &Path, images: &[ImageKey], asked: &Acceptance) {
    for image in images {
        let withdrawal = Withdrawal { request: asked.request, models: asked.models.clone() };
        if let Err(error) = record_file::append(root, *image, &[withdrawal.into()]) {
            tracing::warn!(%image, %error, "a refused request stays in the image's record");
        }
    }
}

/// Checks every photo against what is stored and against the others, and makes the folders.
/// Answers each photo once, and the folders of all: a photo that was stored a moment ago by
/// another request may have a name that is not durable yet.
fn prepare(
    root: &Path,
    photos: Vec<Spooled>,
) -> Result<(Vec<Spooled>, HashSet<PathBuf>), ImageStoreError> {
    let mut once = Vec::new();
    let mut folders = HashSet::new();
    let mut seen = HashMap::new();
    for photo in photos {
        let ImageInfo { md5, sha256, .. } = photo.info;
        match seen.insert(md5, sha256) {
            None => {}
            Some(twin) if twin == sha256 => continue,
            Some(_) => return Err(PhotoRefusal::Collision(md5).into()),
        }
        let path = root.join(photo.info.path());
        // A photo's path has a folder: `ImageInfo::path`.
        let folder = path.parent().unwrap_or(root).to_owned();
        if folders.insert(folder.clone()) {
            fs::create_dir_all(&folder).map_err(disk_error)?;
        }
        if let Ok(Some(first)) = record_file::read_info(root, md5) {
            check_info(&first, &photo.info)?;
        }
        once.push(photo);
    }
    Ok((once, folders))
}

fn check_twin(record: &ImageRecord, info: &ImageInfo) -> Result<(), ImageStoreError> {
    record.info.as_ref().map_or(Ok(()), |first| check_info(first, info))
}

/// Refuses a photo if its MD5 belongs to another one. That one keeps it even when its photo was
/// removed: its results are still told under this name.
fn check_info(first: &ImageInfo, info: &ImageInfo) -> Result<(), ImageStoreError> {
    if first.sha256 == info.sha256 { Ok(()) } else { Err(PhotoRefusal::Collision(info.md5).into()) }
}

/// How often a photo is stored again that is removed by its age at the same moment.
const TRIES: u32 = 3;

fn store(
    root: &Path,
    spool: &Spool,
    photo: &Spooled,
    asked: &Acceptance,
) -> Result<Committed, ImageStoreError> {
    for _ in 0..TRIES {
        if let Some(committed) = try_to_store(root, spool, photo, asked)? {
            return Ok(committed);
        }
    }
    Err(ImageStoreError::unavailable(format!("{} is being removed", photo.info.md5)))
}

/// The record first, which claims the name and says what is to be done; then the photo, which
/// makes it visible. `None` if the image was removed meanwhile.
fn try_to_store(
    root: &Path,
    spool: &Spool,
    photo: &Spooled,
    asked: &Acceptance,
) -> Result<Option<Committed>, ImageStoreError> {
    let info = &photo.info;
    // Until the end nobody removes what is there.
    let held = record_file::hold(root, info.md5).map_err(disk_error)?;
    let is_there = held.is_some() && is_whole(root, info).map_err(disk_error)?;
    if !is_there {
        File::open(&photo.file).and_then(|file| file.sync_all()).map_err(disk_error)?;
    }
    let added = if held.is_some() {
        let record = record_file::read(root, info.md5).map_err(disk_error)?.unwrap_or_default();
        check_twin(&record, info)?;
        add(root, info, &record, asked).map_err(disk_error)?
    } else {
        claim(root, spool, info, asked)?
    };
    let Some(committed) = added else { return Ok(None) };
    if !is_there {
        // Its guard then finds nothing to remove.
        fs::rename(&photo.file, root.join(info.path())).map_err(disk_error)?;
    }
    Ok(Some(committed))
}

/// Makes a new record. `None` if another request was faster.
fn claim(
    root: &Path,
    spool: &Spool,
    info: &ImageInfo,
    asked: &Acceptance,
) -> Result<Option<Committed>, ImageStoreError> {
    let mut file = spool.create().map_err(disk_error)?;
    let lines = [RecordLine::Image(info.clone()), RecordLine::Accepted(asked.clone())];
    lines
        .iter()
        .try_for_each(|line| file.write_all(&line.to_text()))
        .and_then(|()| file.as_file().sync_all())
        .map_err(disk_error)?;
    match file.persist_noclobber(record_file::path(root, info.md5)) {
        Ok(_) => {
            let (added, ended) = (asked.models.clone(), Vec::new());
            Ok(Some(Committed { image: info.md5, added, ended }))
        }
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
        Err(error) => Err(disk_error(error.error)),
    }
}

/// Adds to a record what it lacks of what is asked, durably. `None` if it is gone.
fn add(
    root: &Path,
    info: &ImageInfo,
    record: &ImageRecord,
    asked: &Acceptance,
) -> io::Result<Option<Committed>> {
    let added = record.lacks(asked);
    let mut lines = Vec::new();
    if record.info.is_none() {
        lines.push(RecordLine::Image(info.clone()));
    }
    if !added.is_empty() {
        lines.push(RecordLine::Accepted(Acceptance { models: added.clone(), ..asked.clone() }));
    }
    if !lines.is_empty() {
        match record_file::append(root, info.md5, &lines)? {
            Some(file) => file.sync_data()?,
            None => return Ok(None),
        }
    }
    let done = record.jobs.iter().filter(|(_, job)| job.is_done()).map(|(model, _)| model);
    let ended = done.filter(|model| !(asked.rerun && asked.models.contains(model))).cloned();
    Ok(Some(Committed { image: info.md5, added, ended: ended.collect() }))
}

/// Whether a photo is stored, as far as its length tells.
pub(super) fn is_whole(root: &Path, info: &ImageInfo) -> io::Result<bool> {
    match fs::metadata(root.join(info.path())) {
        Ok(photo) => Ok(photo.len() == info.bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn sync_folders(root: &Path, folders: &HashSet<PathBuf>) -> io::Result<()> {
    folders.iter().map(PathBuf::as_path).chain([root]).try_for_each(|f| File::open(f)?.sync_all())
}
