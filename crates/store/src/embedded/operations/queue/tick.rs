//! The maintenance of queues, in small steps.

use photo_core::ImageKey;
use photo_core::job::Tick;
use rusqlite::{Result, params};

use super::put_back::{end_leases, end_waits};
use crate::embedded::columns::{earlier, image};
use crate::embedded::session::Session;
use crate::embedded::tables::job::Job;
use crate::embedded::tables::job_table::JobTable;
use crate::embedded::tables::model_queue::ModelQueue;

/// The most failed jobs of a model, and the most images, whose retention is over that leave in one
/// round.
const MOST: u32 = 100;

pub(crate) const OLD_IMAGES: &str = "SELECT image FROM images \
    WHERE unfinished = 0 AND finished_at <= ?1 ORDER BY finished_at LIMIT ?2";
const FORGET_IMAGE: [&str; 3] = [
    "DELETE FROM results WHERE image = ?1",
    "DELETE FROM jobs WHERE image = ?1",
    "DELETE FROM images WHERE image = ?1",
];

/// Does one round of maintenance.
pub(crate) fn tick(session: &mut Session<'_>) -> Result<Tick> {
    let jobs = session.jobs;
    let old = earlier(session.now, session.settings.retention);
    let mut tick = Tick::default();
    for name in session.queues.names()? {
        let Some(queue) = session.queues.find(&name)? else { continue };
        tick.expired += end_leases(jobs, queue, session.now, session.settings.max_crashes)?;
        tick.due += end_waits(jobs, queue)?;
        for job in jobs.failed(queue.id, old, MOST)? {
            tick.trimmed += u64::from(unlist(jobs, queue, job)?);
        }
    }
    for image in old_images(session, old)? {
        tick.trimmed += forget_image(session, image)?;
    }
    // Whoever missed a wake-up hears of the work now.
    session.tells_of_all_work = true;
    Ok(tick)
}

/// Takes a failed job off the list of those that can be queued again. Answers whether it was
/// on it.
fn unlist(jobs: JobTable<'_>, queue: &mut ModelQueue, mut job: Job) -> Result<bool> {
    queue.leave(&job);
    let was_listed = job.place.take().is_some();
    queue.enter(&job);
    jobs.save(&job)?;
    Ok(was_listed)
}

fn old_images(session: &Session<'_>, old: i64) -> Result<Vec<ImageKey>> {
    let mut statement = session.connection.prepare_cached(OLD_IMAGES)?;
    let images = statement.query_map(params![old, MOST], |row| image(row, 0))?;
    images.collect()
}

/// Forgets an image whose jobs are all finished. Answers how many of them were still on the list
/// of failed jobs.
fn forget_image(session: &mut Session<'_>, image: ImageKey) -> Result<u64> {
    let jobs = session.jobs;
    let mut trimmed = 0;
    for name in jobs.models_of(image)? {
        let Some(queue) = session.queues.find(&name)? else { continue };
        if let Some(job) = jobs.find(image, queue.id)?
            && job.place.is_some()
        {
            trimmed += u64::from(unlist(jobs, queue, job)?);
        }
    }
    for sql in FORGET_IMAGE {
        session.connection.prepare_cached(sql)?.execute([image.as_bytes()])?;
    }
    Ok(trimmed)
}
