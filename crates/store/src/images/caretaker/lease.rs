//! Who takes care of the folder, and what it noted.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The lock by which one process at a time takes care of the folder; it goes with the process.
pub(crate) struct CaretakerLease {
    root: PathBuf,
    lock: Mutex<Option<File>>,
}

impl CaretakerLease {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), lock: Mutex::default() }
    }

    /// Whether it is this process.
    pub(crate) fn take(&self) -> io::Result<bool> {
        // Nothing that can panic happens under the lock.
        let mut held = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_some() {
            return Ok(true);
        }
        let file = File::create(self.root.join(".caretaker.lock"))?;
        match file.try_lock() {
            Ok(()) => {
                *held = Some(file);
                Ok(true)
            }
            Err(TryLockError::WouldBlock) => Ok(false),
            // Without locks everybody takes care: more work, with the same result.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                Ok(true)
            }
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    pub(crate) fn notes(&self) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.path()) {
            Ok(notes) => Ok(Some(notes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whoever reads sees the old notes or the new ones.
    pub(crate) fn note(&self, notes: &[u8]) -> io::Result<()> {
        let new = self.root.join(".caretaker.json.new");
        fs::write(&new, notes)?;
        fs::rename(new, self.path())
    }

    fn path(&self) -> PathBuf {
        self.root.join(".caretaker.json")
    }
}
