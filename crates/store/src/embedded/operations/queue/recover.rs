//! What is done once, when the file is opened.

use rusqlite::Result;

use super::put_back::end_leases;
use crate::embedded::session::Session;

/// Ends all leases: whoever held them ended with the process that wrote them.
pub(crate) fn recover(session: &mut Session<'_>) -> Result<()> {
    let max_crashes = session.settings.max_crashes;
    for name in session.queues.names()? {
        let Some(queue) = session.queues.find(&name)? else { continue };
        while end_leases(session.jobs, queue, i64::MAX, max_crashes)? > 0 {}
    }
    Ok(())
}
