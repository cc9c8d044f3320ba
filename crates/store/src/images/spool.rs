//! Where photos are written before they are anybody's.

use std::fs;
use std::io::{self, Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use photo_core::photo_format::Dimensions;
use photo_core::ports::{ImageLimits, ImageRecord, ImageStoreError, PhotoRefusal};
use photo_core::{PhotoFormat, PhotoHasher};
use tempfile::{NamedTempFile, TempPath};

use super::disk_error;
use super::header::Header;

/// A spool file that was not written to for so long belongs to a process that died.
const ABANDONED: Duration = Duration::from_hours(24);

/// The folder of photos on their way in, in the same file system as the stored ones.
pub(super) struct Spool {
    folder: PathBuf,
}

/// A photo that was received, hashed and found acceptable. Dropping it removes its file.
pub(super) struct Spooled {
    pub(super) record: ImageRecord,
    pub(super) file: TempPath,
}

impl Spool {
    /// Opens the spool below `root` and removes what processes that died left in it.
    pub(super) fn open(root: &Path) -> io::Result<Self> {
        let folder = root.join(".spool");
        fs::create_dir_all(&folder)?;
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            // Another process may remove its file meanwhile.
            let Ok(modified) = entry.metadata().and_then(|file| file.modified()) else { continue };
            if modified.elapsed().is_ok_and(|age| age > ABANDONED) {
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(Self { folder })
    }

    /// A new file, removed when dropped. Others may read it once it has a name: model services
    /// that share the folder run as users of their own.
    pub(super) fn create(&self) -> io::Result<NamedTempFile> {
        tempfile::Builder::new()
            .permissions(fs::Permissions::from_mode(0o644))
            .tempfile_in(&self.folder)
    }

    /// Fails if nothing can be written now.
    pub(super) fn try_out(&self) -> Result<(), ImageStoreError> {
        let mut file = self.create().map_err(disk_error)?;
        file.write_all(&[0; 4096]).map_err(disk_error)
    }
}

/// One photo being written: every byte is hashed and stored in one pass.
pub(super) struct SpoolWriter {
    file: NamedTempFile,
    hasher: PhotoHasher,
    format: PhotoFormat,
    bytes: u64,
}

impl SpoolWriter {
    /// Begins with a photo's first block, which must hold [`PhotoFormat::HEAD_LEN`] bytes unless
    /// the photo is shorter.
    pub(super) fn begin(spool: &Spool, first: &[Bytes]) -> Result<Self, ImageStoreError> {
        let head: Vec<u8> = first.iter().flatten().copied().take(PhotoFormat::HEAD_LEN).collect();
        let format = match PhotoFormat::sniff(&head) {
            Some(format) => format,
            None if head.is_empty() => return Err(PhotoRefusal::Empty.into()),
            None => return Err(PhotoRefusal::UnknownFormat.into()),
        };
        let file = spool.create().map_err(disk_error)?;
        let mut writer = Self { file, hasher: PhotoHasher::default(), format, bytes: 0 };
        writer.write(first)?;
        Ok(writer)
    }

    pub(super) fn write(&mut self, block: &[Bytes]) -> Result<(), ImageStoreError> {
        for piece in block {
            self.hasher.update(piece);
            self.file.write_all(piece).map_err(disk_error)?;
            self.bytes += piece.len() as u64;
        }
        Ok(())
    }

    /// Ends the photo: its hashes, and its size in pixels from its header.
    pub(super) fn end(mut self, limits: ImageLimits) -> Result<Spooled, ImageStoreError> {
        let dimensions = self.dimensions().map_err(disk_error)?;
        let dimensions = dimensions.ok_or(PhotoRefusal::UnreadableHeader(self.format))?;
        let (pixels, limit) = (dimensions.pixels(), limits.max_pixels);
        if pixels > limit {
            return Err(PhotoRefusal::TooManyPixels { pixels, limit }.into());
        }
        let digests = self.hasher.finish();
        let record = ImageRecord {
            md5: digests.key,
            sha256: digests.sha256,
            format: self.format,
            bytes: self.bytes,
            dimensions,
        };
        Ok(Spooled { record, file: self.file.into_temp_path() })
    }

    fn dimensions(&mut self) -> io::Result<Option<Dimensions>> {
        let file = self.file.as_file_mut();
        file.rewind()?;
        let reader = Header::new(file);
        // The header is the client's: a parser that panics over it has found it unreadable.
        let format = self.format;
        let found =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| format.dimensions(reader)));
        Ok(found.unwrap_or_default())
    }
}
