//! The store's file: locked for this process, and opened for writing and for reading.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use photo_core::ports::StoreError;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::failure::explain_opening;

/// Changes whenever `schema.sql` does.
const SCHEMA_VERSION: i64 = 4;
const SCHEMA: &str = include_str!("schema.sql");

/// The oldest version whose tables are brought to this one.
const OLDEST_SCHEMA: i64 = 3;

/// What makes of the tables of one version those of the next, from the oldest on.
const MIGRATIONS: [&str; 1] =
    ["ALTER TABLE models ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE endpoints ADD COLUMN announced_from TEXT;
    ALTER TABLE endpoints ADD COLUMN announced_at INTEGER;"];

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
        let version = self.check_version(&connection)?;
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
        match version {
            None => create_tables(&mut connection).map_err(failed)?,
            Some(version) => migrate(&mut connection, version).map_err(failed)?,
        }
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

    /// The version of the tables, none in an empty file; an error if it holds anything that is not
    /// known here.
    fn check_version(&self, connection: &Connection) -> Result<Option<i64>, StoreError> {
        let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        let failed = |error| explain_opening(&self.path, error);
        let tables = number("SELECT count(*) FROM sqlite_schema").map_err(failed)?;
        match number("PRAGMA user_version").map_err(failed)? {
            0 if tables == 0 => Ok(None),
            version @ OLDEST_SCHEMA..=SCHEMA_VERSION => Ok(Some(version)),
            0 => Err(StoreError::Corrupt(format!(
                "{} is a database of another program",
                self.path.display()
            ))),
            version => Err(StoreError::Corrupt(format!(
                "{} has schema version {version}, and this program reads and writes version \
                 {SCHEMA_VERSION}; move the file away to begin with an empty store",
                self.path.display()
            ))),
        }
    }
}

/// All steps to this version, or none.
fn migrate(connection: &mut Connection, from: i64) -> rusqlite::Result<()> {
    let steps = MIGRATIONS.iter().zip(OLDEST_SCHEMA..).skip_while(|(_, version)| *version < from);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (step, _) in steps {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    transaction.commit()
}

/// All tables and the version, or nothing.
fn create_tables(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(SCHEMA)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    transaction.commit()
}
