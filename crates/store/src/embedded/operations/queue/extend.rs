//! Extending leases.

use std::time::Duration;

use photo_core::job::{Held, Lease};
use rusqlite::Result;

use super::lease::held;
use crate::embedded::columns::later;
use crate::embedded::session::Session;

/// Makes leases last `length` from now, even those that are over if nobody ended them.
pub(crate) fn extend(
    session: &mut Session<'_>,
    leases: &[Lease],
    length: Duration,
) -> Result<Vec<Held>> {
    let until = later(session.now, length);
    let extend_one = |lease| {
        let jobs = session.jobs;
        let Some((_, mut job)) = held(session, lease)? else { return Ok(Held::Lost) };
        job.place = Some(until);
        jobs.save(&job)?;
        Ok(if job.cancel_asked { Held::CancelAsked } else { Held::Extended })
    };
    leases.iter().map(extend_one).collect()
}
