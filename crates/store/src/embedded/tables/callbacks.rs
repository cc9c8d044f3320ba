//! The rows of callbacks. The column `url` holds the target of a callback: its address, behind the
//! models and a space if not all are meant.

use photo_core::job::{Callback, DueCallback};
use photo_core::{ImageKey, ModelName};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use uuid::Uuid;

use crate::embedded::columns::{image, model_name, unreadable};

const UNFINISHED: &str = "SELECT unfinished FROM images WHERE image = ?1";
const UNFINISHED_MODELS: &str = "SELECT models.name FROM jobs \
    JOIN models ON models.id = jobs.model \
    WHERE jobs.image = ?1 AND jobs.state NOT IN ('SUCCEEDED', 'FAILED', 'CANCELLED')";
const WAITING: &str = "SELECT image, url, id, failures FROM callbacks \
    WHERE image = ?1 AND due_at IS NULL";
const ARE_DUE: &str = "UPDATE callbacks SET due_at = ?2 WHERE image = ?1 AND due_at IS NULL";
const SCHEDULE: &str = "UPDATE callbacks SET due_at = ?4 WHERE image = ?1 AND url = ?2 AND id = ?3";

/// Callbacks that wait for jobs of an image are due if those have ended.
pub(crate) fn call_back(connection: &Connection, image: ImageKey, now: i64) -> Result<()> {
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
            schedule(connection, &callback, Some(now))?;
        }
    }
    Ok(())
}

/// Has a callback be due at a moment, or wait for its jobs.
pub(crate) fn schedule(
    connection: &Connection,
    callback: &Callback,
    due_at: Option<i64>,
) -> Result<()> {
    let (image, id) = (callback.image.as_bytes(), callback.id.as_bytes());
    let mut statement = connection.prepare_cached(SCHEDULE)?;
    statement.execute(params![image, callback.target(), id, due_at])?;
    Ok(())
}

/// Whether all jobs have ended that a callback means.
pub(crate) fn has_ended(connection: &Connection, callback: &Callback) -> Result<bool> {
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

/// Reads a callback from the columns `image`, `url`, `id` and `failures`.
pub(crate) fn due_callback(row: &Row<'_>) -> Result<DueCallback> {
    let (image, target, id) = (image(row, 0)?, row.get::<_, String>(1)?, row.get(2)?);
    let callback = Callback::from_target(Uuid::from_bytes(id), image, &target);
    let callback = callback.ok_or_else(|| unreadable(1, "no callback has this target"))?;
    Ok(DueCallback { callback, failures: row.get(3)? })
}
