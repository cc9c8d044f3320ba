//! Leasing callbacks that are due.

use std::time::Duration;

use photo_core::job::DueCallback;
use rusqlite::{Result, params};

use crate::embedded::columns::later;
use crate::embedded::session::Session;
use crate::embedded::tables::callbacks::{due_callback, schedule};

const DUE: &str = "SELECT image, url, id, failures FROM callbacks WHERE due_at <= ?1 \
    ORDER BY due_at, image, url LIMIT ?2";

/// Hands out callbacks that are due.
pub(crate) fn lease_callbacks(
    session: &mut Session<'_>,
    most: u32,
    lease: Duration,
) -> Result<Vec<DueCallback>> {
    let due: Vec<DueCallback> = {
        let mut statement = session.connection.prepare_cached(DUE)?;
        let due = statement.query_map(params![session.now, most], due_callback)?;
        due.collect::<Result<_>>()?
    };
    let again = later(session.now, lease);
    for DueCallback { callback, .. } in &due {
        schedule(session.connection, callback, Some(again))?;
    }
    Ok(due)
}
