//! Looking whether what is stored of an image is whole, and mending what can be mended.
//!
//! A photo's name is the MD5 of its bytes, so the photo alone tells whether it is whole, and with
//! it what its record says of it. The SHA-256 and the checksum in the record follow from the same
//! bytes.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use photo_core::photo_format::StructureCheck;
use photo_core::ports::{Examination, Examined, RecordHealth};
use photo_core::record::{ImageRecord, Moment, RecordLine};
use photo_core::{Digests, ImageInfo, ImageKey, PhotoFormat};

use crate::images::damage::{aside, damaged, damaged_image, set_aside};
use crate::images::files::checked::FileVersion;
use crate::images::files::header::read_header;
use crate::images::files::noatime;
use crate::images::files::slow_read::SlowRead;
use crate::images::records::file as record_file;
use crate::images::records::noted::NotedImages;
use crate::images::spool::Spool;
use crate::images::{BLOCK, layout};

/// Where an image lies.
#[derive(Clone, Copy)]
pub(crate) struct StoredImage<'a> {
    pub(crate) root: &'a Path,
    pub(crate) spool: &'a Spool,
    pub(crate) image: ImageKey,
}

impl StoredImage<'_> {
    /// Looks whether what is stored of the image is whole, until `stop` becomes true.
    pub(crate) fn examine(self, how: Examination, stop: &AtomicBool) -> io::Result<Examined> {
        let StoredImage { root, image, .. } = self;
        let record = match record_file::read(root, image) {
            Ok(Some(record)) => Some(record),
            // A photo without a record belongs to nobody.
            Ok(None) => return Ok(Examined::default()),
            Err(error) if damaged_image(&error).is_some() => None,
            Err(error) => return Err(error),
        };
        let info = record.as_ref().and_then(|record| record.info.as_ref());
        let lost_lines = record.as_ref().map_or(0, |record| record.unreadable);
        let mut found = Examined { lost_lines, ..Examined::default() };
        let mut is_damaged = info.is_none() || lost_lines > 0;
        let mut known = info.cloned();
        if let Some(path) = self.photo(info) {
            let file = noatime::open(&path)?;
            let about = file.metadata()?;
            let is_short = info.is_none_or(|info| info.bytes != about.len());
            if how.deep || is_short {
                let read = SlowRead { bytes_per_second: how.bytes_per_second, stop };
                let (digests, bytes) = read.hash(&file)?;
                found.bytes = bytes;
                if digests.key == image {
                    known = describe(file, digests, bytes, info)?;
                    found.checksum_added = info.is_some_and(|info| {
                        info.checksum.is_none() && known.as_ref().is_some_and(|it| same(it, info))
                    });
                    is_damaged |= known.as_ref() != info && !found.checksum_added;
                } else {
                    found.damaged_photo = true;
                    if how.mend {
                        self.set_aside(&path, &about);
                    }
                }
            }
        } else {
            found.damaged_photo = info.is_some_and(|info| aside(&root.join(info.path())).exists());
        }
        found.record = match (is_damaged, &known) {
            (false, _) => RecordHealth::Whole,
            (true, Some(_)) => RecordHealth::Mendable,
            (true, None) => RecordHealth::Lost,
        };
        if let Some(known) = known
            && how.mend
            && (is_damaged || found.checksum_added)
        {
            self.rewrite(&known, is_damaged)?;
        }
        Ok(found)
    }

    /// What is known of the image, once its damaged record is mended by its photo. An error as
    /// [`damaged`] says it where it cannot be.
    pub(crate) fn mend_record(self) -> io::Result<ImageInfo> {
        let how = Examination { mend: true, ..Examination::default() };
        self.examine(how, &AtomicBool::new(false))?;
        record_file::read_info(self.root, self.image)?.ok_or_else(|| damaged(self.image))
    }

    /// Whether the photo's bytes are wrong, as somebody has found who read them: then it is set
    /// aside.
    pub(crate) fn confirm_damage(self) -> io::Result<bool> {
        let how = Examination { deep: true, mend: true, bytes_per_second: None };
        Ok(self.examine(how, &AtomicBool::new(false))?.damaged_photo)
    }

    /// Where the photo lies, whatever its record says, if it is there.
    fn photo(self, info: Option<&ImageInfo>) -> Option<PathBuf> {
        let named = info.map(|info| self.root.join(info.path()));
        named
            .into_iter()
            .chain(layout::photo_paths(self.root, self.image))
            .find(|path| path.exists())
    }

    /// Takes a damaged photo out of its place, unless another one took the place meanwhile. Where
    /// that cannot be done it stays, and is found damaged again.
    fn set_aside(self, path: &Path, seen: &Metadata) {
        let image = self.image;
        match self.try_to_set_aside(path, seen) {
            Ok(true) => tracing::error!(
                %image, path = %aside(path).display(),
                "a stored photo is damaged, and was set aside: post it again to mend it, and look \
                 at the disk"
            ),
            Ok(false) => {}
            Err(error) => tracing::error!(
                %image, path = %path.display(), %error,
                "a stored photo is damaged, and cannot be set aside"
            ),
        }
    }

    fn try_to_set_aside(self, path: &Path, seen: &Metadata) -> io::Result<bool> {
        // Who mends the photo holds the record.
        let held = match record_file::hold_alone(self.root, self.image) {
            Err(error) if damaged_image(&error).is_some() => None,
            held => held?,
        };
        if FileVersion::of(&fs::metadata(path)?) != FileVersion::of(seen) {
            return Ok(false);
        }
        set_aside(path)?;
        if held.is_some() {
            let line = RecordLine::Damaged(Moment { at: record_file::now() });
            record_file::append_held(self.root, self.image, &[line])?;
            // Its notes say so from now on.
            NotedImages::new(self.root).add(&[self.image])?;
        }
        Ok(true)
    }

    /// Writes the record anew. What was damaged is kept beside it.
    pub(crate) fn rewrite(self, info: &ImageInfo, was_damaged: bool) -> io::Result<()> {
        let StoredImage { root, spool, image } = self;
        let folder = layout::record_path(root, image);
        let folder = folder.parent().unwrap_or(root);
        // One at a time, also where the record itself cannot be locked.
        let lock = File::open(folder)?;
        match lock.lock() {
            Err(error) if error.kind() != io::ErrorKind::Unsupported => return Err(error),
            _ => {}
        }
        // Somebody else may have been faster.
        let now = record_file::read(root, image);
        let is_whole = |record: &ImageRecord| {
            record.unreadable == 0 && record.info.as_ref().is_some_and(|it| it == info)
        };
        match now {
            Ok(Some(record)) if is_whole(&record) => return Ok(()),
            Err(error) if damaged_image(&error).is_none() => return Err(error),
            _ => {}
        }
        record_file::rewrite(root, spool, info, was_damaged)?;
        if was_damaged {
            let path = layout::record_path(root, image);
            let aside = aside(&path);
            tracing::error!(
                %image, record = %path.display(), aside = %aside.display(),
                "a damaged record was written anew; what it was lies aside"
            );
        }
        lock.sync_all()
    }
}

/// Whether a record's image line says the same, the checksum aside.
fn same(new: &ImageInfo, old: &ImageInfo) -> bool {
    *new == ImageInfo { checksum: new.checksum, ..old.clone() }
}

/// What is known of a photo that is whole; as its record has it, as far as that is right. `None` if
/// it is no photo that is taken today.
fn describe(
    mut file: File,
    digests: Digests,
    bytes: u64,
    old: Option<&ImageInfo>,
) -> io::Result<Option<ImageInfo>> {
    let Digests { key: md5, sha256, checksum } = digests;
    let checksum = Some(checksum);
    if let Some(old) = old
        && (old.md5, old.sha256, old.bytes) == (md5, sha256, bytes)
    {
        return Ok(Some(ImageInfo { checksum, ..old.clone() }));
    }
    let mut block = vec![0; BLOCK];
    file.rewind()?;
    let mut read = file.read(&mut block)?;
    let Some(format) = PhotoFormat::sniff(&block[..read]) else { return Ok(None) };
    let mut structure = StructureCheck::new(format);
    while read > 0 {
        structure.update(&block[..read]);
        read = file.read(&mut block)?;
    }
    let mut notes = structure.finish();
    file.rewind()?;
    let Some(header) = read_header(format, file) else { return Ok(None) };
    if header.is_cut_short {
        notes.push(StructureCheck::cut_short(header.format));
    }
    let orientation = Some(header.orientation.number());
    let (format, dimensions) = (header.format, header.dimensions);
    Ok(Some(ImageInfo { md5, sha256, checksum, format, bytes, dimensions, orientation, notes }))
}
