//! What is known of models: the rows of models and of their endpoints.

use photo_core::job::{Announcement, KnownEndpoint};
use photo_core::{ModelName, UnixMillis};
use rusqlite::{Connection, Result, params};

use crate::embedded::columns::{earlier, natural};

const KNOW: &str = "INSERT OR IGNORE INTO known_models (name) VALUES (?1)";
const ENDPOINTS: &str = "SELECT url, announced_from, announced_at FROM endpoints \
    WHERE model = ?1 AND gone_at > ?2 ORDER BY url";

/// Notes that there is a model of this name.
pub(crate) fn note_model(connection: &Connection, name: &ModelName) -> Result<()> {
    connection.prepare_cached(KNOW)?.execute([name.as_str()])?;
    Ok(())
}

/// A model's endpoints that have not fallen silent, by address.
pub(crate) fn endpoints(
    connection: &Connection,
    model: &ModelName,
    now: i64,
) -> Result<Vec<KnownEndpoint>> {
    let mut statement = connection.prepare_cached(ENDPOINTS)?;
    let endpoints = statement.query_map(params![model.as_str(), now], |row| {
        let from: Option<String> = row.get(1)?;
        let since: Option<i64> = row.get(2)?;
        Ok(KnownEndpoint {
            url: row.get(0)?,
            from: from.and_then(|from| from.parse().ok()),
            since: since.map(|since| UnixMillis(natural(since))),
        })
    })?;
    endpoints.collect()
}

/// Endpoints that were gone by then are forgotten.
pub(crate) fn forgotten_by(now: i64) -> i64 {
    earlier(now, Announcement::REMEMBERED)
}
