//! Those who are to be told once an image is finished.

use std::time::Duration;

use photo_core::ImageKey;
use photo_core::job::{Callback, CallbackEnd, DueCallback};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use uuid::Uuid;

use super::columns::{image, later};
use super::session::Session;

const KEEP: &str = "INSERT OR IGNORE INTO callbacks (image, url, id, failures, due_at) \
    VALUES (?1, ?2, ?3, 0, ?4)";
const UNFINISHED: &str = "SELECT unfinished FROM images WHERE image = ?1";
const ARE_DUE: &str = "UPDATE callbacks SET due_at = ?2 WHERE image = ?1 AND due_at IS NULL";
const DUE: &str = "SELECT image, url, id, failures FROM callbacks WHERE due_at <= ?1 \
    ORDER BY due_at, image, url LIMIT ?2";
const SCHEDULE: &str = "UPDATE callbacks SET due_at = ?4 WHERE image = ?1 AND url = ?2 AND id = ?3";
const FAILED: &str = "UPDATE callbacks SET due_at = ?4, failures = failures + 1 \
    WHERE image = ?1 AND url = ?2 AND id = ?3";
const SETTLED: &str = "DELETE FROM callbacks WHERE image = ?1 AND url = ?2 AND id = ?3";

/// Keeps callbacks that are not kept yet.
pub(super) fn keep(session: &mut Session<'_>, callbacks: &[Callback]) -> Result<()> {
    for Callback { id, image, url } in callbacks {
        let due_at = is_finished(session.connection, *image)?.then_some(session.now);
        let mut statement = session.connection.prepare_cached(KEEP)?;
        statement.execute(params![image.as_bytes(), url, id.as_bytes(), due_at])?;
    }
    Ok(())
}

/// Callbacks that wait for an image are due if it is finished.
pub(super) fn call_back(connection: &Connection, image: ImageKey, now: i64) -> Result<()> {
    if is_finished(connection, image)? {
        connection.prepare_cached(ARE_DUE)?.execute(params![image.as_bytes(), now])?;
    }
    Ok(())
}

/// Hands out callbacks that are due.
pub(super) fn lease(
    session: &mut Session<'_>,
    most: u32,
    lease: Duration,
) -> Result<Vec<DueCallback>> {
    let due: Vec<DueCallback> = {
        let mut statement = session.connection.prepare_cached(DUE)?;
        let due = statement.query_map(params![session.now, most], due_callback)?;
        due.collect::<Result<_>>()?
    };
    let again = later(session.now, lease);
    for DueCallback { callback: Callback { id, image, url }, .. } in &due {
        let mut statement = session.connection.prepare_cached(SCHEDULE)?;
        statement.execute(params![image.as_bytes(), url, id.as_bytes(), again])?;
    }
    Ok(due)
}

/// Notes what became of a callback.
pub(super) fn end(session: &mut Session<'_>, callback: &Callback, end: CallbackEnd) -> Result<()> {
    let Callback { id, image, url } = callback;
    let connection = session.connection;
    let (image_bytes, id) = (image.as_bytes(), id.as_bytes());
    match end {
        CallbackEnd::Settled => {
            connection.prepare_cached(SETTLED)?.execute(params![image_bytes, url, id])?;
        }
        CallbackEnd::Failed { retry_after } => {
            let due_at = later(session.now, retry_after);
            connection.prepare_cached(FAILED)?.execute(params![image_bytes, url, id, due_at])?;
        }
        CallbackEnd::TooEarly { retry_after } => {
            let is_finished = is_finished(connection, *image)?;
            let due_at = is_finished.then(|| later(session.now, retry_after));
            connection.prepare_cached(SCHEDULE)?.execute(params![image_bytes, url, id, due_at])?;
        }
    }
    Ok(())
}

/// Whether all jobs of an image have ended.
fn is_finished(connection: &Connection, image: ImageKey) -> Result<bool> {
    let mut statement = connection.prepare_cached(UNFINISHED)?;
    let unfinished: Option<i64> =
        statement.query_row([image.as_bytes()], |row| row.get(0)).optional()?;
    Ok(unfinished.unwrap_or(0) == 0)
}

fn due_callback(row: &Row<'_>) -> Result<DueCallback> {
    let (image, url, id) = (image(row, 0)?, row.get(1)?, Uuid::from_bytes(row.get(2)?));
    Ok(DueCallback { callback: Callback { id, image, url }, failures: row.get(3)? })
}
