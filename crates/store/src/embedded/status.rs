//! What is told of images and queues. Only reads.

use photo_core::job::{JobView, ModelStats};
use photo_core::{ImageKey, JobState, ModelName, UnixMillis};
use rusqlite::{Connection, Result, Row, params};
use serde_json::value::RawValue;

use super::columns::{json, model_name, moment, natural, priority, state, unreadable};
use super::model_queue::ModelQueue;
use super::time::Moment;

pub(super) const STATUS: &str = "SELECT models.name, jobs.state, jobs.priority, jobs.place, \
    jobs.attempts, jobs.failures, jobs.fence, jobs.cancel_asked, jobs.submitted_at, \
    jobs.changed_at, jobs.error, results.body, known_models.hold \
    FROM jobs JOIN models ON models.id = jobs.model \
    LEFT JOIN results ON results.image = jobs.image AND results.model = jobs.model \
    LEFT JOIN known_models ON known_models.name = models.name \
        AND jobs.state = 'QUEUED' AND known_models.held_until > ?2 AND models.running = 0 \
    WHERE jobs.image = ?1 ORDER BY models.name";

/// The jobs of each image.
pub(super) fn status(
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

/// Reads a job's columns, in the order in which [`STATUS`] has them, of a store whose time is so far
/// ahead of the clock.
pub(super) fn view(row: &Row<'_>, ahead: i64) -> Result<JobView> {
    let stored_state = state(row, 1)?;
    let (fence, changed_at) = (natural(row.get(6)?), moment(row, 9)?);
    let is_waiting = stored_state == JobState::Waiting;
    let due_at = || Ok::<_, rusqlite::Error>(UnixMillis(natural(row.get::<_, i64>(3)? - ahead)));
    let held_by_model = json(row, 12)?;
    Ok(JobView {
        model: model_name(row, 0)?,
        state: if held_by_model.is_some() { JobState::Waiting } else { stored_state },
        priority: priority(row, 2)?,
        attempts: row.get(4)?,
        failures: row.get(5)?,
        cancel_asked: row.get(7)?,
        submitted_at: moment(row, 8)?,
        // Without a fence it was never claimed.
        started_at: (fence > 0).then_some(UnixMillis(fence / 1000).min(changed_at)),
        changed_at,
        due_at: is_waiting.then(due_at).transpose()?,
        held_by_model,
        result: result(row, 11)?,
        error: json(row, 10)?,
    })
}

/// A result as it was written, byte for byte.
fn result(row: &Row<'_>, column: usize) -> Result<Option<Box<RawValue>>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| RawValue::from_string(text).map_err(|error| unreadable(column, error)))
        .transpose()
}

/// The queues of the models named, in that order, or of all models.
pub(super) fn stats(
    connection: &Connection,
    models: Option<&[ModelName]>,
) -> Result<Vec<ModelStats>> {
    let Some(models) = models else {
        return Ok(ModelQueue::all(connection)?.iter().map(ModelQueue::stats).collect());
    };
    let of_model =
        |name: &ModelName| Ok(stats_of(name, ModelQueue::find(connection, name)?.as_ref()));
    models.iter().map(of_model).collect()
}

/// The numbers of a model's queue.
pub(super) fn stats_of(name: &ModelName, queue: Option<&ModelQueue>) -> ModelStats {
    queue.map_or_else(|| nothing(name), ModelQueue::stats)
}

/// The queue of a model that never had a job.
fn nothing(model: &ModelName) -> ModelStats {
    ModelStats {
        model: model.clone(),
        queued: [0; 3],
        waiting: 0,
        running: 0,
        failed: 0,
        counters: ModelStats::COUNTERS.iter().map(|name| ((*name).to_owned(), 0)).collect(),
    }
}
