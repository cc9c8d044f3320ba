//! Reading the status of jobs.

use photo_core::ImageKey;
use photo_core::job::JobView;
use rusqlite::{Connection, Result, Row, params};

use crate::embedded::tables::job_view::view;
use crate::embedded::time::Moment;

pub(crate) const STATUS: &str = "SELECT models.name, jobs.state, jobs.priority, jobs.place, \
    jobs.attempts, jobs.failures, jobs.fence, jobs.cancel_asked, jobs.submitted_at, \
    jobs.changed_at, jobs.error, results.body, known_models.hold \
    FROM jobs JOIN models ON models.id = jobs.model \
    LEFT JOIN results ON results.image = jobs.image AND results.model = jobs.model \
    LEFT JOIN known_models ON known_models.name = models.name \
        AND jobs.state = 'QUEUED' AND known_models.held_until > ?2 AND models.running = 0 \
    WHERE jobs.image = ?1 ORDER BY models.name";

/// The jobs of each image.
pub(crate) fn status(
    connection: &Connection,
    images: &[ImageKey],
    moment: Moment,
) -> Result<Vec<Vec<JobView>>> {
    let mut statement = connection.prepare_cached(STATUS)?;
    let mut of_image = |image: &ImageKey| {
        let of_row = |row: &Row<'_>| view(row, moment.ahead);
        let views = statement.query_map(params![image.as_bytes(), moment.now], of_row)?;
        views.collect()
    };
    images.iter().map(&mut of_image).collect()
}
