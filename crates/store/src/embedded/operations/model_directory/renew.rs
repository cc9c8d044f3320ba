//! Renewing announcements.

use photo_core::job::Announcement;
use rusqlite::{Result, params};

use crate::embedded::columns::later;
use crate::embedded::session::Session;

const RENEW: &str = "UPDATE endpoints SET gone_at = max(gone_at, ?3) WHERE model = ?1 AND url = ?2";

/// Notes that remembered endpoints are alive.
pub(crate) fn renew(session: &mut Session<'_>, endpoints: &[Announcement]) -> Result<()> {
    let mut renew = session.connection.prepare_cached(RENEW)?;
    for Announcement { model, url, lifetime, .. } in endpoints {
        renew.execute(params![model.as_str(), url, later(session.now, *lifetime)])?;
    }
    Ok(())
}
