//! What models and dispatchers said about models.

use std::time::Duration;

use photo_core::job::{AnnouncedEndpoint, Announcement, ForgetModel, KnownEndpoint, KnownModel};
use photo_core::{JobError, ModelName, UnixMillis};
use rusqlite::{Connection, Result, params};
use serde_json::Value;

use super::columns::{earlier, json, later, model_name, natural, to_json};
use super::session::Session;
use crate::shares::Shares;

const KNOW: &str = "INSERT OR IGNORE INTO known_models (name) VALUES (?1)";
const IS_ALIVE: &str = "SELECT 1 FROM endpoints WHERE model = ?1 AND url = ?2 AND gone_at > ?3";
const FORGET_GONE: &str = "DELETE FROM endpoints WHERE model = ?1 AND gone_at <= ?2";
const FORGET_TOO_MANY: &str = "DELETE FROM endpoints WHERE model = ?1 AND url NOT IN \
    (SELECT url FROM endpoints WHERE model = ?1 ORDER BY gone_at DESC LIMIT ?2)";
const FORGET_ONE: &str = "DELETE FROM endpoints WHERE model = ?1 AND url = ?2";
const ANNOUNCE: &str = "INSERT INTO endpoints (model, url, gone_at, announced_from, announced_at) \
    VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (model, url) DO UPDATE SET gone_at = excluded.gone_at";
const RENEW: &str = "UPDATE endpoints SET gone_at = max(gone_at, ?3) WHERE model = ?1 AND url = ?2";
const ANNOUNCED: &str =
    "SELECT model, url, gone_at FROM endpoints WHERE gone_at > ?1 ORDER BY model, url";
const DESCRIBE: &str = "UPDATE known_models SET classes = ?2 WHERE name = ?1";
const HOLD: &str = "UPDATE known_models SET hold = ?2, held_until = ?3 WHERE name = ?1";
const LIFT: &str = "UPDATE known_models SET hold = NULL, held_until = NULL WHERE name = ?1";
const KNOWN: &str = "SELECT known_models.name, classes, \
    iif(held_until > ?1 AND coalesce(running, 0) = 0, hold, NULL) \
    FROM known_models LEFT JOIN models ON models.name = known_models.name \
    ORDER BY known_models.name";
const ENDPOINTS: &str = "SELECT url, announced_from, announced_at FROM endpoints \
    WHERE model = ?1 AND gone_at > ?2 ORDER BY url";
const IS_KNOWN: &str = "SELECT 1 FROM known_models WHERE name = ?1";
const FORGET: [&str; 2] =
    ["DELETE FROM known_models WHERE name = ?1", "DELETE FROM endpoints WHERE model = ?1"];
/// How the jobs ended stays; that they can be put back in line does not.
const UNLIST_FAILED: &str = "UPDATE jobs SET place = NULL \
    WHERE model = ?1 AND state = 'FAILED' AND place IS NOT NULL";

/// Notes an endpoint. Answers whether it was unknown or gone.
pub(super) fn announce(session: &mut Session<'_>, announcement: &Announcement) -> Result<bool> {
    let Announcement { model, url, lifetime, from } = announcement;
    let (model, now) = (model.as_str(), session.now);
    let connection = session.connection;
    connection.prepare_cached(KNOW)?.execute([model])?;
    let mut is_alive = connection.prepare_cached(IS_ALIVE)?;
    let is_news = !is_alive.exists(params![model, url, now])?;
    let gone_at = later(now, *lifetime);
    if is_news {
        // Who announced it before, and when, does not count any more.
        connection.prepare_cached(FORGET_ONE)?.execute([model, url])?;
    }
    let from = from.map(|from| from.to_string());
    connection.prepare_cached(ANNOUNCE)?.execute(params![
        model,
        url,
        gone_at,
        from,
        session.wall_micros / 1000
    ])?;
    // The model's own announcements clear away what fell silent, so that the table stays small.
    connection.prepare_cached(FORGET_GONE)?.execute(params![model, forgotten_by(now)])?;
    let most = Announcement::MOST_REMEMBERED;
    connection.prepare_cached(FORGET_TOO_MANY)?.execute(params![model, most])?;
    Ok(is_news)
}

/// Notes that remembered endpoints are alive.
pub(super) fn renew(session: &mut Session<'_>, endpoints: &[Announcement]) -> Result<()> {
    let mut renew = session.connection.prepare_cached(RENEW)?;
    for Announcement { model, url, lifetime, .. } in endpoints {
        renew.execute(params![model.as_str(), url, later(session.now, *lifetime)])?;
    }
    Ok(())
}

/// The endpoints that are remembered, by model and address.
pub(super) fn announced(connection: &Connection, now: i64) -> Result<Vec<AnnouncedEndpoint>> {
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

/// What was gone by then is forgotten.
fn forgotten_by(now: i64) -> i64 {
    earlier(now, Announcement::REMEMBERED)
}

/// Keeps what a model can say.
pub(super) fn describe(
    session: &mut Session<'_>,
    model: &ModelName,
    classes: &Value,
) -> Result<()> {
    let connection = session.connection;
    connection.prepare_cached(KNOW)?.execute([model.as_str()])?;
    connection.prepare_cached(DESCRIBE)?.execute(params![model.as_str(), to_json(classes)?])?;
    Ok(())
}

/// Keeps why a model's jobs cannot be done, or that they can.
pub(super) fn hold(
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
    connection.prepare_cached(KNOW)?.execute([model.as_str()])?;
    let until = later(session.now, lifetime);
    connection.prepare_cached(HOLD)?.execute(params![model.as_str(), to_json(reason)?, until])?;
    Ok(())
}

/// All models that somebody said something about.
pub(super) fn known(connection: &Connection, now: i64) -> Result<Vec<KnownModel>> {
    let mut statement = connection.prepare_cached(KNOWN)?;
    let models = statement.query_map([now], |row| {
        let name = model_name(row, 0)?;
        let endpoints = endpoints(connection, &name, now)?;
        let (classes, hold) = (json(row, 1)?, json(row, 2)?);
        Ok(KnownModel { name, endpoints, classes, hold, forgotten: false })
    })?;
    models.collect()
}

/// A model's endpoints that have not fallen silent, by address.
pub(super) fn endpoints(
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

/// Forgets a model, unless it has unfinished jobs.
pub(super) fn forget(session: &mut Session<'_>, model: &ModelName) -> Result<ForgetModel> {
    let connection = session.connection;
    let mut is_known = connection.prepare_cached(IS_KNOWN)?.exists([model.as_str()])?;
    if let Some(queue) = session.queues.find(model)? {
        is_known |= !queue.is_forgotten();
        let unfinished = queue.stats().unfinished();
        if unfinished > 0 {
            return Ok(ForgetModel::Unfinished(unfinished));
        }
        if is_known {
            connection.prepare_cached(UNLIST_FAILED)?.execute([queue.id])?;
            queue.forget();
            *session.memory.shares(model) = Shares::default();
        }
    }
    if !is_known {
        return Ok(ForgetModel::Unknown);
    }
    for sql in FORGET {
        connection.prepare_cached(sql)?.execute([model.as_str()])?;
    }
    Ok(ForgetModel::Forgotten)
}
