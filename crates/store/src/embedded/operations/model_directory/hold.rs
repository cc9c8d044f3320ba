//! Holding a model.

use std::time::Duration;

use photo_core::{JobError, ModelName};
use rusqlite::{Result, params};

use crate::embedded::columns::{later, to_json};
use crate::embedded::session::Session;
use crate::embedded::tables::known_models::note_model;

const HOLD: &str = "UPDATE known_models SET hold = ?2, held_until = ?3 WHERE name = ?1";
const LIFT: &str = "UPDATE known_models SET hold = NULL, held_until = NULL WHERE name = ?1";

/// Keeps why a model's jobs cannot be done, or that they can.
pub(crate) fn hold(
    session: &mut Session<'_>,
    model: &ModelName,
    reason: Option<&JobError>,
    lifetime: Duration,
) -> Result<()> {
    let connection = session.connection;
    let Some(reason) = reason else {
        connection.prepare_cached(LIFT)?.execute([model.as_str()])?;
        return Ok(());
    };
    note_model(connection, model)?;
    let until = later(session.now, lifetime);
    connection.prepare_cached(HOLD)?.execute(params![model.as_str(), to_json(reason)?, until])?;
    Ok(())
}
