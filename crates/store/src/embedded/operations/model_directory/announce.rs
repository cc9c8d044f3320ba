//! Announcing an endpoint.

use photo_core::job::Announcement;
use rusqlite::{Result, params};

use crate::embedded::columns::later;
use crate::embedded::session::Session;
use crate::embedded::tables::known_models::{forgotten_by, note_model};

const IS_ALIVE: &str = "SELECT 1 FROM endpoints WHERE model = ?1 AND url = ?2 AND gone_at > ?3";
const FORGET_GONE: &str = "DELETE FROM endpoints WHERE model = ?1 AND gone_at <= ?2";
const FORGET_TOO_MANY: &str = "DELETE FROM endpoints WHERE model = ?1 AND url NOT IN \
    (SELECT url FROM endpoints WHERE model = ?1 ORDER BY gone_at DESC LIMIT ?2)";
const FORGET_ONE: &str = "DELETE FROM endpoints WHERE model = ?1 AND url = ?2";
const ANNOUNCE: &str = "INSERT INTO endpoints (model, url, gone_at, announced_from, announced_at) \
    VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (model, url) DO UPDATE SET gone_at = excluded.gone_at";

/// Notes an endpoint. Answers whether it was unknown or gone.
pub(crate) fn announce(session: &mut Session<'_>, announcement: &Announcement) -> Result<bool> {
    let Announcement { model, url, lifetime, from } = announcement;
    let connection = session.connection;
    note_model(connection, model)?;
    let (model, now) = (model.as_str(), session.now);
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
