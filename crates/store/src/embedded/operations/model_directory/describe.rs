//! Keeping the classes of a model.

use photo_core::ModelName;
use rusqlite::{Result, params};
use serde_json::Value;

use crate::embedded::columns::to_json;
use crate::embedded::session::Session;
use crate::embedded::tables::known_models::note_model;

const DESCRIBE: &str = "UPDATE known_models SET classes = ?2 WHERE name = ?1";

/// Keeps what a model can say.
pub(crate) fn describe(
    session: &mut Session<'_>,
    model: &ModelName,
    classes: &Value,
) -> Result<()> {
    let connection = session.connection;
    note_model(connection, model)?;
    connection.prepare_cached(DESCRIBE)?.execute(params![model.as_str(), to_json(classes)?])?;
    Ok(())
}
