//! What SQLite's errors mean to those who asked.

use std::path::Path;

use photo_core::ports::StoreError;
use rusqlite::{Error, ErrorCode};

/// Sorts an error by what can be done about it.
pub(super) fn explain(error: Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full(error.into()),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StoreError::Corrupt(error.to_string())
        }
        Some(_) => StoreError::unavailable(error),
        None => match error {
            Error::FromSqlConversionFailure(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::InvalidColumnType(..) => StoreError::Corrupt(error.to_string()),
            _ => StoreError::unavailable(error),
        },
    }
}

/// The same, with the name of the file that was to be opened.
pub(super) fn explain_opening(file: &Path, error: Error) -> StoreError {
    let file = file.display();
    match explain(error) {
        StoreError::Corrupt(why) => StoreError::Corrupt(format!("{file}: {why}")),
        StoreError::Full(why) => StoreError::Full(format!("{file}: {why}").into()),
        StoreError::Unavailable(why) => StoreError::unavailable(format!("{file}: {why}")),
    }
}

/// That a thread of the store ended before the store did, which only a panic in it can do.
pub(super) fn stopped() -> StoreError {
    StoreError::unavailable("the embedded store's thread has stopped")
}
