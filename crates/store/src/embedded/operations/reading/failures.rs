//! Listing failed jobs.

use photo_core::ModelName;
use photo_core::job::FailedJob;
use rusqlite::{Connection, Result, params};

use crate::embedded::columns::image;
use crate::embedded::tables::job_view::view;

/// The columns of a job's status, and its image.
pub(crate) const FAILURES: &str = "SELECT models.name, jobs.state, jobs.priority, jobs.place, \
    jobs.attempts, jobs.failures, jobs.fence, jobs.cancel_asked, jobs.submitted_at, \
    jobs.changed_at, jobs.error, NULL, NULL, jobs.image \
    FROM jobs JOIN models ON models.id = jobs.model \
    WHERE jobs.model = (SELECT id FROM models WHERE name = ?1) \
    AND jobs.state = 'FAILED' AND jobs.place IS NOT NULL \
    ORDER BY jobs.place DESC, jobs.image DESC LIMIT ?2";

/// The jobs of a model that can be queued again, those that failed last first.
pub(crate) fn failures(
    connection: &Connection,
    model: &ModelName,
    most: u32,
) -> Result<Vec<FailedJob>> {
    let mut statement = connection.prepare_cached(FAILURES)?;
    let most = most.min(FailedJob::MOST);
    let jobs = statement.query_map(params![model.as_str(), most], |row| {
        Ok(FailedJob { image: image(row, 13)?, job: view(row, 0)? })
    })?;
    jobs.collect()
}
