//! Listing announced endpoints.

use photo_core::job::AnnouncedEndpoint;
use rusqlite::{Connection, Result};

use crate::embedded::columns::model_name;
use crate::embedded::tables::known_models::forgotten_by;

const ANNOUNCED: &str =
    "SELECT model, url, gone_at FROM endpoints WHERE gone_at > ?1 ORDER BY model, url";

/// The endpoints that are remembered, by model and address.
pub(crate) fn announced(connection: &Connection, now: i64) -> Result<Vec<AnnouncedEndpoint>> {
    let mut statement = connection.prepare_cached(ANNOUNCED)?;
    let endpoints = statement.query_map([forgotten_by(now)], |row| {
        let gone_at: i64 = row.get(2)?;
        Ok(AnnouncedEndpoint {
            model: model_name(row, 0)?,
            url: row.get(1)?,
            left_ms: gone_at.saturating_sub(now),
        })
    })?;
    endpoints.collect()
}
