//! Keeping callbacks.

use photo_core::job::Callback;
use rusqlite::{Result, params};

use crate::embedded::session::Session;
use crate::embedded::tables::callbacks::has_ended;

const KEEP: &str = "INSERT OR IGNORE INTO callbacks (image, url, id, failures, due_at) \
    VALUES (?1, ?2, ?3, 0, ?4)";

/// Keeps callbacks that are not kept yet.
pub(crate) fn keep_callbacks(session: &mut Session<'_>, callbacks: &[Callback]) -> Result<()> {
    for callback in callbacks {
        let due_at = has_ended(session.connection, callback)?.then_some(session.now);
        let (image, id) = (callback.image.as_bytes(), callback.id.as_bytes());
        let mut statement = session.connection.prepare_cached(KEEP)?;
        statement.execute(params![image, callback.target(), id, due_at])?;
    }
    Ok(())
}
