//! The shards, which are the folders of stored photos, and which of them would survive a power cut.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The folders below the root of an image store.
pub(super) struct Shards {
    pub(super) root: PathBuf,
    /// Those whose own names are durable. The names in them are synced anew with every photo.
    durable: Mutex<HashSet<PathBuf>>,
}

impl Shards {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root, durable: Mutex::default() }
    }

    /// Makes a folder, if it is not there.
    pub(super) fn make(&self, folder: &Path) -> io::Result<()> {
        match fs::create_dir(folder) {
            Ok(()) => {
                self.durable().remove(folder);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Makes the names in these folders durable, and those of the folders.
    pub(super) fn sync(&self, folders: &HashSet<PathBuf>) -> io::Result<()> {
        folders.iter().try_for_each(|folder| File::open(folder)?.sync_all())?;
        // Another process may have made them a moment ago.
        if !folders.is_subset(&self.durable()) {
            File::open(&self.root)?.sync_all()?;
            self.durable().extend(folders.iter().cloned());
        }
        Ok(())
    }

    fn durable(&self) -> MutexGuard<'_, HashSet<PathBuf>> {
        // Nothing that can panic happens under the lock.
        self.durable.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
