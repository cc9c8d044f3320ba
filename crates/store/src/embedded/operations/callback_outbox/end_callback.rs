//! Noting what became of a callback.

use photo_core::job::{Callback, CallbackEnd};
use rusqlite::{Result, params};

use crate::embedded::columns::later;
use crate::embedded::session::Session;
use crate::embedded::tables::callbacks::{has_ended, schedule};

const FAILED: &str = "UPDATE callbacks SET due_at = ?4, failures = failures + 1 \
    WHERE image = ?1 AND url = ?2 AND id = ?3";
const SETTLED: &str = "DELETE FROM callbacks WHERE image = ?1 AND url = ?2 AND id = ?3";

/// Notes what became of a callback.
pub(crate) fn end_callback(
    session: &mut Session<'_>,
    callback: &Callback,
    end: CallbackEnd,
) -> Result<()> {
    let connection = session.connection;
    let (image, target, id) =
        (callback.image.as_bytes(), callback.target(), callback.id.as_bytes());
    match end {
        CallbackEnd::Settled => {
            connection.prepare_cached(SETTLED)?.execute(params![image, target, id])?;
        }
        CallbackEnd::Failed { retry_after } => {
            let due_at = later(session.now, retry_after);
            connection.prepare_cached(FAILED)?.execute(params![image, target, id, due_at])?;
        }
        CallbackEnd::TooEarly { retry_after } => {
            let has_ended = has_ended(connection, callback)?;
            let due_at = has_ended.then(|| later(session.now, retry_after));
            schedule(connection, callback, due_at)?;
        }
    }
    Ok(())
}
