//! Reading queues with what tells how long their jobs wait.

use photo_core::job::{LineEnds, Priority, QueueView};
use photo_core::{ModelName, UnixMillis};
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::stats::stats_of;
use crate::embedded::columns::{json, model_name, moment};
use crate::embedded::tables::known_models::endpoints;
use crate::embedded::tables::model_queue::ModelQueue;

const NAMES: &str = "SELECT name FROM models WHERE NOT forgotten \
    UNION SELECT name FROM known_models ORDER BY name";
const HOLD: &str = "SELECT hold FROM known_models WHERE name = ?1 AND held_until > ?2";
pub(crate) const FIRST: &str = "SELECT changed_at, submitted_at FROM jobs \
    WHERE model = ?1 AND priority = ?2 AND state = 'QUEUED' ORDER BY place LIMIT ?3";
pub(crate) const LAST: &str = "SELECT changed_at, submitted_at FROM jobs \
    WHERE model = ?1 AND priority = ?2 AND state = 'QUEUED' ORDER BY place DESC LIMIT ?3";

/// The queues of the models named, in that order, or of all models.
pub(crate) fn queues(
    connection: &Connection,
    models: Option<&[ModelName]>,
    now: i64,
) -> Result<Vec<QueueView>> {
    let of_model = |name: &ModelName| queue(connection, name, now);
    match models {
        Some(models) => models.iter().map(of_model).collect(),
        None => names(connection)?.iter().map(of_model).collect(),
    }
}

/// The models that ever had a job or that somebody said something about.
fn names(connection: &Connection) -> Result<Vec<ModelName>> {
    let mut statement = connection.prepare_cached(NAMES)?;
    let names = statement.query_map([], |row| model_name(row, 0))?;
    names.collect()
}

fn queue(connection: &Connection, name: &ModelName, now: i64) -> Result<QueueView> {
    let queue = ModelQueue::find(connection, name)?;
    let stats = stats_of(name, queue.as_ref());
    // As long as one of its jobs runs it can take jobs, whatever a dispatcher says.
    let hold = if stats.running > 0 {
        None
    } else {
        let mut statement = connection.prepare_cached(HOLD)?;
        statement.query_row(params![name.as_str(), now], |row| json(row, 0)).optional()?.flatten()
    };
    let mut lines = [None; 3];
    if let Some(queue) = queue {
        for (priority, line) in Priority::ALL.into_iter().zip(&mut lines) {
            *line = ends(connection, queue.id, priority)?;
        }
    }
    let announced = endpoints(connection, name, now)?.into_iter().map(|it| it.url).collect();
    Ok(QueueView { stats, hold, announced, lines })
}

/// What stands at both ends of a queue.
fn ends(connection: &Connection, model: i64, priority: Priority) -> Result<Option<LineEnds>> {
    let jobs = |sql| -> Result<Vec<(UnixMillis, UnixMillis)>> {
        let mut statement = connection.prepare_cached(sql)?;
        let line = params![model, priority as u8, LineEnds::LOOK];
        let jobs = statement.query_map(line, |row| Ok((moment(row, 0)?, moment(row, 1)?)))?;
        jobs.collect()
    };
    let (first, last) = (jobs(FIRST)?, jobs(LAST)?);
    let ends = || {
        Some(LineEnds {
            first_at: first.iter().map(|(queued_at, _)| *queued_at).min()?,
            last_at: last.iter().map(|(queued_at, _)| *queued_at).max()?,
            oldest_at: first.iter().map(|(_, asked_at)| *asked_at).min()?,
        })
    };
    Ok(ends())
}
