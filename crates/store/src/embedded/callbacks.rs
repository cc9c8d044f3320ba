//! Those who are to be told once jobs of an image have ended. The column `url` holds a callback's target:
//! its address, behind the models and a space if not all are meant.

use std::time::Duration;

use photo_core::job::{Callback, CallbackEnd, DueCallback};
use photo_core::{ImageKey, ModelName};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use uuid::Uuid;

use super::columns::{image, later, model_name, unreadable};
use super::session::Session;

const KEEP: &str = "INSERT OR IGNORE INTO callbacks (image, url, id, failures, due_at) \
    VALUES (?1, ?2, ?3, 0, ?4)";
const UNFINISHED: &str = "SELECT unfinished FROM images WHERE image = ?1";
const UNFINISHED_MODELS: &str = "SELECT models.name FROM jobs \
    JOIN models ON models.id = jobs.model \
    WHERE jobs.image = ?1 AND jobs.state NOT IN ('SUCCEEDED', 'FAILED', 'CANCELLED')";
const WAITING: &str = "SELECT image, url, id, failures FROM callbacks \
    WHERE image = ?1 AND due_at IS NULL";
const ARE_DUE: &str = "UPDATE callbacks SET due_at = ?2 WHERE image = ?1 AND due_at IS NULL";
const DUE: &str = "SELECT image, url, id, failures FROM callbacks WHERE due_at <= ?1 \
    ORDER BY due_at, image, url LIMIT ?2";
const SCHEDULE: &str = "UPDATE callbacks SET due_at = ?4 WHERE image = ?1 AND url = ?2 AND id = ?3";
const FAILED: &str = "UPDATE callbacks SET due_at = ?4, failures = failures + 1 \
    WHERE image = ?1 AND url = ?2 AND id = ?3";
const SETTLED: &str = "DELETE FROM callbacks WHERE image = ?1 AND url = ?2 AND id = ?3";

/// Keeps callbacks that are not kept yet.
pub(super) fn keep(session: &mut Session<'_>, callbacks: &[Callback]) -> Result<()> {
    for callback in callbacks {
        let due_at = has_ended(session.connection, callback)?.then_some(session.now);
        let (image, id) = (callback.image.as_bytes(), callback.id.as_bytes());
        let mut statement = session.connection.prepare_cached(KEEP)?;
        statement.execute(params![image, callback.target(), id, due_at])?;
    }
    Ok(())
}

/// Callbacks that wait for jobs of an image are due if those have ended.
pub(super) fn call_back(connection: &Connection, image: ImageKey, now: i64) -> Result<()> {
    if is_finished(connection, image)? {
        connection.prepare_cached(ARE_DUE)?.execute(params![image.as_bytes(), now])?;
        return Ok(());
    }
    let waiting: Vec<DueCallback> = {
        let mut statement = connection.prepare_cached(WAITING)?;
        let waiting = statement.query_map([image.as_bytes()], due_callback)?;
        waiting.collect::<Result<_>>()?
    };
    for DueCallback { callback, .. } in waiting {
        if has_ended(connection, &callback)? {
            let (image, id) = (callback.image.as_bytes(), callback.id.as_bytes());
            let mut statement = connection.prepare_cached(SCHEDULE)?;
            statement.execute(params![image, callback.target(), id, now])?;
        }
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
    for DueCallback { callback, .. } in &due {
        let (image, id) = (callback.image.as_bytes(), callback.id.as_bytes());
        let mut statement = session.connection.prepare_cached(SCHEDULE)?;
        statement.execute(params![image, callback.target(), id, again])?;
    }
    Ok(due)
}

/// Notes what became of a callback.
pub(super) fn end(session: &mut Session<'_>, callback: &Callback, end: CallbackEnd) -> Result<()> {
    let connection = session.connection;
    let (image, target, id) =
        (callback.image.as_bytes(), callback.target(), callback.id.as_bytes());
    match end {
        CallbackEnd::Settled => {
            connection.prepare_cached(SETTLED)?.execute(params![image, target, id])?;
        }
        CallbackEnd::Failed { retry_after } => {
            let due_at = later(session.now, retry_after);
            connection.prepare_cached(FAILED)?.execute(params![image, target, id, due_at])?;
        }
        CallbackEnd::TooEarly { retry_after } => {
            let has_ended = has_ended(connection, callback)?;
            let due_at = has_ended.then(|| later(session.now, retry_after));
            connection.prepare_cached(SCHEDULE)?.execute(params![image, target, id, due_at])?;
        }
    }
    Ok(())
}

/// Whether all jobs have ended that a callback means.
fn has_ended(connection: &Connection, callback: &Callback) -> Result<bool> {
    if is_finished(connection, callback.image)? {
        return Ok(true);
    }
    let mut statement = connection.prepare_cached(UNFINISHED_MODELS)?;
    let unfinished = statement.query_map([callback.image.as_bytes()], |row| model_name(row, 0))?;
    let unfinished: Vec<ModelName> = unfinished.collect::<Result<_>>()?;
    let Callback { models, .. } = callback;
    Ok(!models.is_empty() && !unfinished.iter().any(|model| models.contains(model)))
}

/// Whether all jobs of an image have ended.
fn is_finished(connection: &Connection, image: ImageKey) -> Result<bool> {
    let mut statement = connection.prepare_cached(UNFINISHED)?;
    let unfinished: Option<i64> =
        statement.query_row([image.as_bytes()], |row| row.get(0)).optional()?;
    Ok(unfinished.unwrap_or(0) == 0)
}

fn due_callback(row: &Row<'_>) -> Result<DueCallback> {
    let (image, target, id) = (image(row, 0)?, row.get::<_, String>(1)?, row.get(2)?);
    let callback = Callback::from_target(Uuid::from_bytes(id), image, &target);
    let callback = callback.ok_or_else(|| unreadable(1, "no callback has this target"))?;
    Ok(DueCallback { callback, failures: row.get(3)? })
}
