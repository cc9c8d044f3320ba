//! The store's file: locked for this process, and opened for writing and for reading.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use photo_core::ports::StoreError;
use rusqlite::{Connection, OpenFlags};

use super::failure::explain_opening;
use super::migrations;

/// Every statement of the store stays prepared.
const CACHED_STATEMENTS: usize = 64;

/// The file that no other process can open while this exists.
#[derive(Debug)]
pub(super) struct StoreFile {
    path: PathBuf,
    _lock: File,
}

impl StoreFile {
    /// Locks the file for this process; creates the folder it lies in.
    pub(super) fn lock(path: &Path) -> Result<Self, StoreError> {
        let failed = |error: io::Error| {
            StoreError::unavailable(format!("{} cannot be opened: {error}", path.display()))
        };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut lock_path = path.as_os_str().to_owned();
        lock_path.push(".lock");
        // Left behind at the end: removing it would let two processes lock two files of one name.
        let lock = File::create(lock_path).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StoreError::unavailable(format!(
                "{} is in use by another process; the embedded store is for one process alone, \
                 several share a Redis server",
                path.display()
            ))),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// The one connection that writes. Makes the tables if the file is new, and brings those of an
    /// earlier version to this one.
    pub(super) fn writer(&self) -> Result<Connection, StoreError> {
        let failed = |error| explain_opening(&self.path, error);
        let mut connection = Connection::open(&self.path).map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
        let version = migrations::check(&connection, &self.path)?;
        let mode: String = connection
            .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
            .map_err(failed)?;
        if mode != "wal" {
            return Err(StoreError::unavailable(format!(
                "{} lies on a file system where SQLite cannot keep a write-ahead log",
                self.path.display()
            )));
        }
        // With FULL every commit is on the disk before it is answered.
        connection
            .execute_batch("PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864;")
            .map_err(failed)?;
        migrations::migrate(&mut connection, &self.path, version)?;
        connection.execute(super::time::TABLE, []).map_err(failed)?;
        Ok(connection)
    }

    /// A connection that only reads, and sees what was committed when it begins to.
    pub(super) fn reader(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)
            .map_err(|error| explain_opening(&self.path, error))?;
        connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
        Ok(connection)
    }
}
