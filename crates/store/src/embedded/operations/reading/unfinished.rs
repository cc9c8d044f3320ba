//! Reading the lists of unfinished jobs slice by slice.

use photo_core::ModelName;
use photo_core::job::{JobList, Listed};
use rusqlite::{Connection, Result, params};

use crate::embedded::columns::image;
use crate::embedded::tables::model_queue::ModelQueue;

pub(crate) const QUEUED: &str = "SELECT image FROM jobs \
    WHERE model = ?1 AND state = 'QUEUED' AND priority = ?4 ORDER BY place LIMIT ?2 OFFSET ?3";
pub(crate) const WAITING: &str = "SELECT image FROM jobs \
    WHERE model = ?1 AND state = 'WAITING' ORDER BY place, image LIMIT ?2 OFFSET ?3";
pub(crate) const RUNNING: &str = "SELECT image FROM jobs \
    WHERE model = ?1 AND state = 'RUNNING' ORDER BY place, image LIMIT ?2 OFFSET ?3";

/// The jobs of a model at `count` places of a list, `from` this one on.
pub(crate) fn unfinished(
    connection: &Connection,
    model: &ModelName,
    list: JobList,
    from: u32,
    count: u32,
) -> Result<Listed> {
    let Some(queue) = ModelQueue::find(connection, model)? else { return Ok(Listed::default()) };
    // One more than asked for tells whether there are more.
    let most = i64::from(count) + 1;
    let slice = |sql, params: &[&dyn rusqlite::ToSql]| {
        let mut statement = connection.prepare_cached(sql)?;
        statement.query_map(params, |row| image(row, 0))?.collect::<Result<Vec<_>>>()
    };
    let mut images = match list {
        JobList::Queued(priority) => slice(QUEUED, params![queue.id, most, from, priority as u8])?,
        JobList::Waiting => slice(WAITING, params![queue.id, most, from])?,
        JobList::Running => slice(RUNNING, params![queue.id, most, from])?,
    };
    let more = images.len() > count as usize;
    images.truncate(count as usize);
    Ok(Listed { images, more })
}
