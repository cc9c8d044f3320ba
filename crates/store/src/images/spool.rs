//! Where photos are written before they are anybody's.

pub(super) mod hash_scheduler;

use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use photo_core::photo_format::{Header, StructureCheck};
use photo_core::ports::{ImageLimits, ImageStoreError, PhotoRefusal};
use photo_core::{ImageInfo, PhotoFormat, PhotoHasher};
use tempfile::{NamedTempFile, TempDir, TempPath};

use self::hash_scheduler::HashScheduler;
use super::disk_error;
use super::files::header::read_header;

/// A folder that changed within this time is left alone: its process may be about to lock it.
const YOUNG: Duration = Duration::from_mins(1);

/// The name of the file by whose lock a folder is known to be in use.
const LOCK: &str = "lock";

/// The folder of photos on their way in, in the same file system as the stored ones. Each process
/// has one of its own and a lock on it, so that what a process that died left behind is told from
/// what is being received.
pub(super) struct Spool {
    /// `<root>/.spool`, where all processes have their folders.
    all: PathBuf,
    own: Mutex<Option<Arc<Own>>>,
    /// As many blocks are hashed at a time as there are cores. With more, hundreds of threads would
    /// share the cores with the one that answers everybody else.
    pub(super) scheduler: Arc<HashScheduler>,
}

/// This process's own folder. It is removed in the end.
struct Own {
    folder: TempDir,
    _lock: File,
}

/// A photo that was received, hashed and found acceptable, or that is stored already. Dropping it
/// removes its file.
pub(super) struct Spooled {
    pub(super) info: ImageInfo,
    /// `None` if it is to be stored already.
    pub(super) file: Option<TempPath>,
}

impl Spool {
    /// The spool below `root`. Nothing is made before it is needed: most who open the images only
    /// read.
    pub(super) fn new(root: &Path) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let scheduler = Arc::new(HashScheduler::new(cores));
        Self { all: root.join(".spool"), own: Mutex::default(), scheduler }
    }

    /// A new file, removed when dropped. Others may read it once it has a name: model services
    /// that share the folder run as users of their own.
    pub(super) fn create(&self) -> io::Result<NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        let builder = builder.permissions(fs::Permissions::from_mode(0o644));
        match builder.tempfile_in(self.own()?.folder.path()) {
            // Somebody tidied up.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.lock().take();
                builder.tempfile_in(self.own()?.folder.path())
            }
            file => file,
        }
    }

    fn own(&self) -> io::Result<Arc<Own>> {
        let mut held = self.lock();
        if let Some(own) = &*held {
            return Ok(Arc::clone(own));
        }
        fs::create_dir_all(&self.all)?;
        let folder = tempfile::Builder::new().tempdir_in(&self.all)?;
        let lock = File::create(folder.path().join(LOCK))?;
        // Where the file system knows no locks, nobody else can take this one either.
        if let Err(error) = lock.lock() {
            tracing::warn!(%error, "spool files cannot be locked: what a crash leaves is not removed");
        }
        Ok(Arc::clone(held.insert(Arc::new(Own { folder, _lock: lock }))))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Own>>> {
        // Nothing that can panic happens under the lock.
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes the folders of processes that died; answers how many files were in them.
    pub(super) fn clean_up(&self) -> io::Result<u64> {
        let mut removed = 0;
        let folders = match fs::read_dir(&self.all) {
            Ok(folders) => folders,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(error),
        };
        for entry in folders {
            let folder = entry?.path();
            if self.lock().as_ref().is_some_and(|own| own.folder.path() == folder) {
                continue;
            }
            // Another process may be doing the same, or ending.
            match remove_if_abandoned(&folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                done => removed += done?,
            }
        }
        Ok(removed)
    }

    /// Fails if nothing can be written now.
    pub(super) fn try_out(&self) -> Result<(), ImageStoreError> {
        let mut file = self.create().map_err(disk_error)?;
        file.write_all(&[0; 4096]).map_err(disk_error)
    }
}

fn remove_if_abandoned(folder: &Path) -> io::Result<u64> {
    let about = fs::metadata(folder)?;
    let age = about.modified()?.elapsed().unwrap_or_default();
    if !about.is_dir() || age < YOUNG {
        return Ok(0);
    }
    let abandoned = match File::options().write(true).open(folder.join(LOCK)) {
        Ok(lock) => lock.try_lock().is_ok(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    };
    if !abandoned {
        return Ok(0);
    }
    let photos = fs::read_dir(folder)?.filter_map(Result::ok).filter(|it| it.file_name() != LOCK);
    let photos = photos.count() as u64;
    fs::remove_dir_all(folder)?;
    Ok(photos)
}

/// One photo being written: every byte is hashed and stored in one pass.
pub(super) struct SpoolWriter {
    file: NamedTempFile,
    hasher: PhotoHasher,
    format: PhotoFormat,
    structure: StructureCheck,
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
        let (hasher, structure) = (PhotoHasher::default(), StructureCheck::new(format));
        let mut writer = Self { file, hasher, format, structure, bytes: 0 };
        writer.write(first)?;
        Ok(writer)
    }

    pub(super) fn write(&mut self, block: &[Bytes]) -> Result<(), ImageStoreError> {
        for piece in block {
            self.hasher.update(piece);
            self.structure.update(piece);
            self.file.write_all(piece).map_err(disk_error)?;
            self.bytes += piece.len() as u64;
        }
        Ok(())
    }

    /// Ends the photo: its hashes, what its header says, and what is wrong with it.
    pub(super) fn end(mut self, limits: ImageLimits) -> Result<Spooled, ImageStoreError> {
        let header = self.header().map_err(disk_error)?;
        let header = header.ok_or(PhotoRefusal::UnreadableHeader(self.format))?;
        let (pixels, limit) = (header.dimensions.pixels(), limits.max_pixels);
        if pixels > limit {
            return Err(PhotoRefusal::TooManyPixels { pixels, limit }.into());
        }
        let mut notes = self.structure.finish();
        if header.is_cut_short {
            notes.push(StructureCheck::cut_short(header.format));
        }
        let digests = self.hasher.finish();
        let info = ImageInfo {
            md5: digests.key,
            sha256: digests.sha256,
            checksum: Some(digests.checksum),
            format: header.format,
            bytes: self.bytes,
            dimensions: header.dimensions,
            orientation: Some(header.orientation.number()),
            notes,
        };
        Ok(Spooled { info, file: Some(self.file.into_temp_path()) })
    }

    fn header(&mut self) -> io::Result<Option<Header>> {
        let file = self.file.as_file_mut();
        file.rewind()?;
        Ok(read_header(self.format, file))
    }
}
