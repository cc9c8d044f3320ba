//! Giving received photos their names, durably, and writing down what is asked of them and of
//! stored ones.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::join_all;
use photo_core::ports::{Committed, ImageStoreError, PhotoRefusal};
use photo_core::record::{Acceptance, ImageRecord, Moment, RecordLine, Withdrawal};
use photo_core::{ImageInfo, ImageKey};

use crate::images::caretaker::examine::StoredImage;
use crate::images::damage::{damaged_image, set_aside};
use crate::images::files::whole;
use crate::images::records::file as record_file;
use crate::images::shards::Shards;
use crate::images::spool::{Spool, Spooled};
use crate::images::{SYNCING, blocking, disk_error, layout};

/// How often a photo is stored again that is removed by its age, or whose record is mended, at the
/// same moment.
const TRIES: u32 = 4;

/// Stores all photos, then makes the folders that name them durable.
pub(crate) async fn commit(
    shards: Arc<Shards>,
    spool: Arc<Spool>,
    photos: Vec<Spooled>,
    referenced: Vec<ImageKey>,
    asked: &Acceptance,
) -> Result<Vec<Committed>, ImageStoreError> {
    let commit = Arc::new(Commit { shards, spool, asked: asked.clone() });
    // One photo is one trip to another thread.
    if photos.len() + referenced.len() == 1 {
        return blocking(move || {
            let photos = commit.prepare(photos, &referenced)?;
            let stored = commit.store_all(&photos);
            commit.end(&photos, stored)
        })
        .await;
    }
    let photos = {
        let commit = Arc::clone(&commit);
        // Collisions, and what is missing, are found before anything is stored.
        blocking(move || commit.prepare(photos, &referenced)).await?
    };
    let photos = Arc::new(photos);
    let share = photos.len().div_ceil(SYNCING).max(1);
    let shares = (0..photos.len()).step_by(share).map(|from| {
        let (commit, photos) = (Arc::clone(&commit), Arc::clone(&photos));
        blocking(move || {
            let to = photos.len().min(from + share);
            commit.store_all(&photos[from..to])
        })
    });
    // All are waited for, also where one fails: it must not be storing still when that is undone.
    let stored: Result<Vec<Vec<Committed>>, ImageStoreError> =
        join_all(shares).await.into_iter().collect();
    let stored = stored.map(|stored| stored.into_iter().flatten().collect());
    blocking(move || commit.end(&photos, stored)).await
}

/// The photos of one request, what is asked of them, and where they go.
struct Commit {
    shards: Arc<Shards>,
    spool: Arc<Spool>,
    asked: Acceptance,
}

impl Commit {
    /// Checks every photo against what is stored and against the others, makes the folders, and
    /// looks for those that are to be stored already. Answers each photo once.
    fn prepare(
        &self,
        photos: Vec<Spooled>,
        referenced: &[ImageKey],
    ) -> Result<Vec<Spooled>, ImageStoreError> {
        let mut once = Vec::new();
        let mut seen = HashMap::new();
        for photo in photos {
            let ImageInfo { md5, sha256, .. } = photo.info;
            match seen.insert(md5, sha256) {
                None => {}
                Some(twin) if twin == sha256 => continue,
                Some(_) => return Err(PhotoRefusal::Collision(md5).into()),
            }
            self.shards.make(&self.folder(&photo)).map_err(disk_error)?;
            self.check_stored(&photo.info)?;
            once.push(photo);
        }
        let mut missing = Vec::new();
        for image in referenced {
            if seen.contains_key(image) {
                continue;
            }
            match self.find(*image).map_err(disk_error)? {
                Some(info) => {
                    seen.insert(*image, info.sha256);
                    once.push(Spooled { info, file: None });
                }
                None if missing.contains(image) => {}
                None => missing.push(*image),
            }
        }
        if missing.is_empty() { Ok(once) } else { Err(ImageStoreError::Missing(missing)) }
    }

    /// Refuses a photo if another one with its MD5 is stored. A record that only says so by mistake
    /// is mended.
    fn check_stored(&self, info: &ImageInfo) -> Result<(), ImageStoreError> {
        let stored = || record_file::read_info(&self.shards.root, info.md5).ok().flatten();
        let Some(first) = stored() else { return Ok(()) };
        if check_info(&first, info).is_ok() {
            return Ok(());
        }
        self.site(info.md5).confirm_damage().map_err(disk_error)?;
        stored().map_or(Ok(()), |first| check_info(&first, info))
    }

    /// What is known of a stored photo. One that is damaged has to be sent.
    fn find(&self, image: ImageKey) -> io::Result<Option<ImageInfo>> {
        let root = &self.shards.root;
        let info = match record_file::read_info(root, image) {
            Err(error) if damaged_image(&error).is_some() => self.site(image).mend_record(),
            Ok(None) => return Ok(None),
            Ok(Some(info)) => Ok(info),
            Err(error) => Err(error),
        };
        match info {
            Err(error) if damaged_image(&error).is_some() => Ok(None),
            info => {
                let info = info?;
                Ok(whole::is_whole(root, &info)?.then_some(info))
            }
        }
    }

    fn site(&self, image: ImageKey) -> StoredImage<'_> {
        StoredImage { root: &self.shards.root, spool: &self.spool, image }
    }

    fn store_all(&self, photos: &[Spooled]) -> Result<Vec<Committed>, ImageStoreError> {
        photos.iter().map(|photo| self.store(photo)).collect()
    }

    /// Makes durable what was stored, or undoes what of it can be undone.
    fn end(
        &self,
        photos: &[Spooled],
        stored: Result<Vec<Committed>, ImageStoreError>,
    ) -> Result<Vec<Committed>, ImageStoreError> {
        // All of them: a photo that was stored a moment ago by another request may have a name
        // that is not durable yet.
        let folders: HashSet<PathBuf> = photos.iter().map(|photo| self.folder(photo)).collect();
        let committed = stored.and_then(|committed| {
            self.shards.sync(&folders).map_err(disk_error)?;
            Ok(committed)
        });
        if committed.is_err() {
            self.withdraw(photos);
        }
        committed
    }

    /// The photos that could be stored are not asked for either: all of a request or nothing. If
    /// not even that can be written down, their jobs may be done some day, for nobody.
    fn withdraw(&self, photos: &[Spooled]) {
        let Acceptance { request, models, .. } = &self.asked;
        for photo in photos {
            let image = photo.info.md5;
            let withdrawal = Withdrawal { request: *request, models: models.clone() };
            let withdrawn = record_file::append(&self.shards.root, image, &[withdrawal.into()]);
            if let Err(error) = withdrawn {
                tracing::warn!(%image, %error, "a refused request stays in the image's record");
            }
        }
    }

    fn store(&self, photo: &Spooled) -> Result<Committed, ImageStoreError> {
        for _ in 0..TRIES {
            if let Some(committed) = self.try_to_store(photo)? {
                return Ok(committed);
            }
        }
        Err(ImageStoreError::unavailable(format!("{} is being removed", photo.info.md5)))
    }

    /// The record first, which claims the name and says what is to be done; then the photo, which
    /// makes it visible. `None` if the image was removed, or its record mended, meanwhile.
    fn try_to_store(&self, photo: &Spooled) -> Result<Option<Committed>, ImageStoreError> {
        let (root, info) = (self.shards.root.as_path(), &photo.info);
        let mend = || self.site(info.md5).rewrite(info, true).map(|()| None).map_err(disk_error);
        // Until the end nobody removes what is there.
        let held = match record_file::hold(root, info.md5) {
            Err(error) if damaged_image(&error).is_some() => return mend(),
            held => held.map_err(disk_error)?,
        };
        let record = match held.as_ref().map(|_| record_file::read(root, info.md5)) {
            None => None,
            Some(Ok(Some(record))) if record.info.is_some() => Some(record),
            Some(Err(error)) if damaged_image(&error).is_none() => return Err(disk_error(error)),
            Some(_) => {
                // To mend it, it must be let go of.
                drop(held);
                return mend();
            }
        };
        let path = root.join(info.path());
        // One that was there a moment ago may have been removed by its age, or be damaged.
        let is_there = match &photo.file {
            _ if record.is_none() => false,
            // The bytes that came are dropped only for ones that are as good.
            Some(_) => whole::is_sound(root, info).map_err(disk_error)?,
            None => whole::is_whole(root, info).map_err(disk_error)?,
        };
        let is_in_the_way = !is_there && record.is_some() && path.exists();
        // What lies there now may be what another request put there since: that is no damage.
        let is_there =
            is_there || (is_in_the_way && whole::is_sound(root, info).map_err(disk_error)?);
        let new = match &photo.file {
            _ if is_there => None,
            Some(file) => Some(file),
            None => return Err(ImageStoreError::Missing(vec![info.md5])),
        };
        if let Some(file) = new {
            File::open(file).and_then(|file| file.sync_data()).map_err(disk_error)?;
        }
        let mended = new.is_some() && record.is_some();
        let added = match &record {
            Some(record) => {
                check_twin(record, info)?;
                let was_damaged = is_in_the_way || record.damaged_at.is_some();
                let lines = (mended && was_damaged)
                    .then(|| RecordLine::Mended(Moment { at: record_file::now() }));
                let added = add(root, info, record, &self.asked, lines.into_iter().collect());
                added.map_err(disk_error)?.map(|committed| Committed { mended, ..committed })
            }
            None => claim(root, &self.spool, info, &self.asked)?,
        };
        let Some(committed) = added else { return Ok(None) };
        if let Some(file) = new {
            // Not what another request has mended it with meanwhile.
            if is_in_the_way && !whole::is_sound(root, info).map_err(disk_error)? {
                tracing::error!(image = %info.md5, "a stored photo was damaged, and is mended");
                set_aside(&path).map_err(disk_error)?;
            }
            // Its guard then finds nothing to remove.
            fs::rename(file, &path).map_err(disk_error)?;
        }
        Ok(Some(committed))
    }

    fn folder(&self, photo: &Spooled) -> PathBuf {
        let path = self.shards.root.join(photo.info.path());
        // A photo's path has a folder: `ImageInfo::path`.
        path.parent().unwrap_or(&self.shards.root).to_owned()
    }
}

fn check_twin(record: &ImageRecord, info: &ImageInfo) -> Result<(), ImageStoreError> {
    record.info.as_ref().map_or(Ok(()), |first| check_info(first, info))
}

/// Refuses a photo if its MD5 belongs to another one. That one keeps it even when its photo was
/// removed: its results are still told under this name.
fn check_info(first: &ImageInfo, info: &ImageInfo) -> Result<(), ImageStoreError> {
    if first.sha256 == info.sha256 { Ok(()) } else { Err(PhotoRefusal::Collision(info.md5).into()) }
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
    let text = RecordLine::to_texts(&lines);
    file.write_all(&text).and_then(|()| file.as_file().sync_data()).map_err(disk_error)?;
    match file.persist_noclobber(layout::record_path(root, info.md5)) {
        Ok(_) => {
            let (added, ended) = (asked.models.clone(), Vec::new());
            Ok(Some(Committed { image: info.md5, added, ended, mended: false }))
        }
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
        Err(error) => Err(disk_error(error.error)),
    }
}

/// Adds these lines to a record, and what it lacks of what is asked, durably. `None` if it is gone.
fn add(
    root: &Path,
    info: &ImageInfo,
    record: &ImageRecord,
    asked: &Acceptance,
    mut lines: Vec<RecordLine>,
) -> io::Result<Option<Committed>> {
    let added = record.lacks(asked);
    // Photos that were stored before anything was noted.
    let known = record.notes();
    let new: Vec<String> = info.notes.iter().filter(|it| !known.contains(it)).cloned().collect();
    if !new.is_empty() {
        lines.push(RecordLine::Noted(new));
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
    Ok(Some(Committed { image: info.md5, added, ended: ended.collect(), mended: false }))
}
