//! Forgetting a model.

use photo_core::ModelName;
use photo_core::job::ForgetModel;
use rusqlite::Result;

use crate::embedded::session::Session;
use crate::shares::Shares;

const IS_KNOWN: &str = "SELECT 1 FROM known_models WHERE name = ?1";
const FORGET: [&str; 2] =
    ["DELETE FROM known_models WHERE name = ?1", "DELETE FROM endpoints WHERE model = ?1"];

/// How the jobs ended stays; that they can be queued again does not.
const UNLIST_FAILED: &str = "UPDATE jobs SET place = NULL \
    WHERE model = ?1 AND state = 'FAILED' AND place IS NOT NULL";

/// Forgets a model, unless it has unfinished jobs.
pub(crate) fn forget_model(session: &mut Session<'_>, model: &ModelName) -> Result<ForgetModel> {
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
