//! Our types in SQLite's columns, there and back.

use std::time::Duration;

use photo_core::job::Priority;
use photo_core::{ImageKey, JobState, ModelName, UnixMillis};
use rusqlite::types::Type;
use rusqlite::{Error, Result, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A number that SQLite, whose integers are signed, can keep.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number that was never negative.
pub(super) fn natural(integer: i64) -> u64 {
    u64::try_from(integer).unwrap_or(0)
}

/// The moment `after` another one, both in milliseconds. Part of a millisecond is dropped.
pub(super) fn later(now: i64, after: Duration) -> i64 {
    now.saturating_add(i64::try_from(after.as_millis()).unwrap_or(i64::MAX))
}

/// The moment `before` another one, both in milliseconds.
pub(super) fn earlier(now: i64, before: Duration) -> i64 {
    now.saturating_sub(i64::try_from(before.as_millis()).unwrap_or(i64::MAX))
}

/// A value as JSON text.
pub(super) fn to_json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::ToSqlConversionFailure(error.into()))
}

pub(super) fn image(row: &Row<'_>, column: usize) -> Result<ImageKey> {
    row.get(column).map(ImageKey::from_bytes)
}

pub(super) fn model_name(row: &Row<'_>, column: usize) -> Result<ModelName> {
    let text: String = row.get(column)?;
    text.parse().map_err(|error| unreadable(column, error))
}

pub(super) fn state(row: &Row<'_>, column: usize) -> Result<JobState> {
    let text: String = row.get(column)?;
    let known = JobState::ALL.into_iter().find(|state| state.as_str() == text);
    known.ok_or_else(|| unreadable(column, format!("`{text}` is not a state")))
}

pub(super) fn priority(row: &Row<'_>, column: usize) -> Result<Priority> {
    let number: usize = row.get::<_, u32>(column)? as usize;
    let known = Priority::ALL.get(number).copied();
    known.ok_or_else(|| unreadable(column, format!("{number} is not a priority")))
}

pub(super) fn moment(row: &Row<'_>, column: usize) -> Result<UnixMillis> {
    Ok(UnixMillis(natural(row.get(column)?)))
}

/// What was written by [`to_json`], or `None` where there is nothing.
pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<Option<T>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| serde_json::from_str(&text).map_err(|error| unreadable(column, error)))
        .transpose()
}

/// That a column holds what was never written to it.
pub(super) fn unreadable(
    column: usize,
    why: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> Error {
    Error::FromSqlConversionFailure(column, Type::Text, why.into())
}
