//! Listing the models that are known.

use photo_core::job::KnownModel;
use rusqlite::{Connection, Result};

use crate::embedded::columns::{json, model_name};
use crate::embedded::tables::known_models::endpoints;

const KNOWN: &str = "SELECT known_models.name, classes, \
    iif(held_until > ?1 AND coalesce(running, 0) = 0, hold, NULL) \
    FROM known_models LEFT JOIN models ON models.name = known_models.name \
    ORDER BY known_models.name";

/// All models that somebody said something about.
pub(crate) fn models(connection: &Connection, now: i64) -> Result<Vec<KnownModel>> {
    let mut statement = connection.prepare_cached(KNOWN)?;
    let models = statement.query_map([now], |row| {
        let name = model_name(row, 0)?;
        let endpoints = endpoints(connection, &name, now)?;
        let (classes, hold) = (json(row, 1)?, json(row, 2)?);
        Ok(KnownModel { name, endpoints, classes, hold, forgotten: false })
    })?;
    models.collect()
}
