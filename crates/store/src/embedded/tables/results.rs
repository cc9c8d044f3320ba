//! The rows of results.

use photo_core::ImageKey;
use rusqlite::{Connection, Result, params};
use serde_json::value::RawValue;

const KEEP_RESULT: &str = "INSERT OR REPLACE INTO results (image, model, body) VALUES (?1, ?2, ?3)";
const FORGET_RESULT: &str = "DELETE FROM results WHERE image = ?1 AND model = ?2";

/// Writes a job's result.
pub(crate) fn keep_result(
    connection: &Connection,
    image: ImageKey,
    model: i64,
    result: &RawValue,
) -> Result<()> {
    let mut statement = connection.prepare_cached(KEEP_RESULT)?;
    statement.execute(params![image.as_bytes(), model, result.get()])?;
    Ok(())
}

/// Deletes a job's result.
pub(crate) fn forget_result(connection: &Connection, image: ImageKey, model: i64) -> Result<()> {
    connection.prepare_cached(FORGET_RESULT)?.execute(params![image.as_bytes(), model])?;
    Ok(())
}
