//! The rows of jobs. Every change of a job's state goes through [`JobTable::change`], which keeps
//! the model's and the image's numbers in step.

use std::cell::RefCell;
use std::cmp::Reverse;

use photo_core::job::Priority;
use photo_core::{ImageKey, JobState, ModelName};
use rusqlite::{Connection, OptionalExtension, Params, Result, params};

use super::callbacks::call_back;
use super::job::{Job, NextPlace};
use super::model_queue::ModelQueue;
use crate::embedded::columns::{integer, model_name, to_json};

macro_rules! select_jobs {
    ($rest:literal) => {
        concat!(
            "SELECT image, model, state, priority, place, attempts, failures, crashes, fence, \
             cancel_asked, submitted_at, changed_at, error FROM jobs ",
            $rest
        )
    };
}

pub(crate) const FIND: &str = select_jobs!("WHERE image = ?1 AND model = ?2");
pub(crate) const QUEUED: &str =
    select_jobs!("WHERE model = ?1 AND priority = ?2 AND state = 'QUEUED' ORDER BY place LIMIT ?3");
pub(crate) const DUE: &str = select_jobs!(
    "WHERE model = ?1 AND place <= ?2 AND state = 'WAITING' ORDER BY place DESC, image DESC LIMIT ?3"
);
pub(crate) const LEASE_ENDED: &str = select_jobs!(
    "WHERE model = ?1 AND place <= ?2 AND state = 'RUNNING' ORDER BY place DESC, image DESC LIMIT ?3"
);
pub(crate) const FAILED: &str = select_jobs!(
    "WHERE model = ?1 AND place <= ?2 AND state = 'FAILED' ORDER BY place, image LIMIT ?3"
);
pub(crate) const NEXT_DUE: &str =
    "SELECT place FROM jobs WHERE model = ?1 AND state = 'WAITING' ORDER BY place LIMIT 1";
pub(crate) const NEXT_LEASE_END: &str =
    "SELECT place FROM jobs WHERE model = ?1 AND state = 'RUNNING' ORDER BY place LIMIT 1";
pub(crate) const MODELS_OF_IMAGE: &str = "SELECT models.name FROM jobs \
    JOIN models ON models.id = jobs.model WHERE jobs.image = ?1 ORDER BY models.name";
const INSERT: &str = "INSERT INTO jobs (image, model, state, priority, place, attempts, failures, \
    crashes, fence, cancel_asked, submitted_at, changed_at, error) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
const UPDATE: &str = "UPDATE jobs SET state = ?3, priority = ?4, place = ?5, attempts = ?6, \
    failures = ?7, crashes = ?8, fence = ?9, cancel_asked = ?10, submitted_at = ?11, \
    changed_at = ?12, error = ?13 WHERE image = ?1 AND model = ?2";
const IMAGE_UNFINISHED: &str = "INSERT INTO images (image, unfinished) VALUES (?1, 1) \
    ON CONFLICT (image) DO UPDATE SET unfinished = unfinished + 1";
const IMAGE_FINISHED: &str =
    "UPDATE images SET unfinished = unfinished - 1, finished_at = ?2 WHERE image = ?1";
const IMAGE_RESTORED: &str = "INSERT INTO images (image, unfinished, finished_at) \
    VALUES (?1, 0, ?2) ON CONFLICT (image) DO UPDATE SET finished_at = ?2";

/// The jobs, as one operation sees them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JobTable<'a> {
    pub(crate) connection: &'a Connection,
    /// When the operation happens, in the store's time.
    pub(crate) now: i64,
    /// The same by the clock.
    pub(crate) wall: i64,
    /// How far the store's time is ahead of the clock.
    pub(crate) ahead: i64,
    /// The images whose jobs it changed.
    pub(crate) changed: &'a RefCell<Vec<ImageKey>>,
}

impl JobTable<'_> {
    pub(crate) fn find(&self, image: ImageKey, model: i64) -> Result<Option<Job>> {
        let mut statement = self.connection.prepare_cached(FIND)?;
        statement.query_row(params![image.as_bytes(), model], Job::from_row).optional()
    }

    /// The models that an image has jobs of, by name.
    pub(crate) fn models_of(&self, image: ImageKey) -> Result<Vec<ModelName>> {
        let mut statement = self.connection.prepare_cached(MODELS_OF_IMAGE)?;
        let names = statement.query_map([image.as_bytes()], |row| model_name(row, 0))?;
        names.collect()
    }

    /// The first queued jobs.
    pub(crate) fn queued(&self, model: i64, priority: Priority, most: u64) -> Result<Vec<Job>> {
        self.list(QUEUED, params![model, priority as u8, integer(most)])
    }

    /// Waiting jobs that are due by then, the latest first, and within one moment those that were
    /// claimed last.
    pub(crate) fn due(&self, model: i64, by: i64, most: u32) -> Result<Vec<Job>> {
        self.list(DUE, params![model, by, most]).map(latest_first)
    }

    /// Running jobs whose lease ends by then, in the same order.
    pub(crate) fn lease_ended(&self, model: i64, by: i64, most: u32) -> Result<Vec<Job>> {
        self.list(LEASE_ENDED, params![model, by, most]).map(latest_first)
    }

    /// Failed jobs on the list that failed by then, the earliest first.
    pub(crate) fn failed(&self, model: i64, by: i64, most: u32) -> Result<Vec<Job>> {
        self.list(FAILED, params![model, by, most])
    }

    /// When the next waiting job is due or the next lease ends.
    pub(crate) fn next_due(&self, model: i64) -> Result<Option<i64>> {
        let first = |sql| {
            let mut statement = self.connection.prepare_cached(sql)?;
            statement.query_row([model], |row| row.get::<_, i64>(0)).optional()
        };
        Ok([first(NEXT_DUE)?, first(NEXT_LEASE_END)?].into_iter().flatten().min())
    }

    /// Adds a new job at the tail of its queue.
    pub(crate) fn add(&self, queue: &mut ModelQueue, mut job: Job) -> Result<()> {
        self.put(queue, &mut job, NextPlace::Tail);
        queue.enter(&job);
        self.write(INSERT, &job)?;
        self.note_change(job.image);
        self.image_unfinished(job.image)
    }

    /// Adds a job that ended before, as it is. Its image is kept from now on.
    pub(crate) fn add_ended(&self, queue: &mut ModelQueue, job: &Job) -> Result<()> {
        queue.enter(job);
        self.write(INSERT, job)?;
        self.note_change(job.image);
        let mut statement = self.connection.prepare_cached(IMAGE_RESTORED)?;
        statement.execute(params![job.image.as_bytes(), self.now])?;
        call_back(self.connection, job.image, self.now)
    }

    /// Moves a job from the state it is in, with whatever else was changed in it.
    pub(crate) fn change(
        &self,
        queue: &mut ModelQueue,
        mut job: Job,
        next: NextPlace,
    ) -> Result<Job> {
        let was_final = job.state.is_final();
        queue.leave(&job);
        self.put(queue, &mut job, next);
        queue.enter(&job);
        self.save(&job)?;
        self.note_change(job.image);
        match (was_final, job.state.is_final()) {
            (true, false) => self.image_unfinished(job.image)?,
            (false, true) => {
                let mut statement = self.connection.prepare_cached(IMAGE_FINISHED)?;
                statement.execute(params![job.image.as_bytes(), self.now])?;
                call_back(self.connection, job.image, self.now)?;
            }
            _ => {}
        }
        Ok(job)
    }

    /// Puts the job where it goes, as far as its row can tell.
    fn put(&self, queue: &mut ModelQueue, job: &mut Job, next: NextPlace) {
        (job.state, job.place) = match next {
            NextPlace::Head => (JobState::Queued, Some(queue.next_head())),
            NextPlace::Tail => (JobState::Queued, Some(queue.next_tail())),
            NextPlace::Waiting(until) => (JobState::Waiting, Some(until)),
            NextPlace::Running(until) => (JobState::Running, Some(until)),
            NextPlace::Succeeded => (JobState::Succeeded, None),
            NextPlace::Failed => (JobState::Failed, Some(self.now)),
            NextPlace::Cancelled => (JobState::Cancelled, None),
        };
        job.cancel_asked = false;
        job.changed_at = self.wall.max(job.changed_at);
    }

    /// Has whoever follows the image be told, once this is committed.
    pub(crate) fn note_change(&self, image: ImageKey) {
        self.changed.borrow_mut().push(image);
    }

    /// Writes a job that stays in its state.
    pub(crate) fn save(&self, job: &Job) -> Result<()> {
        self.write(UPDATE, job)
    }

    fn image_unfinished(&self, image: ImageKey) -> Result<()> {
        self.connection.prepare_cached(IMAGE_UNFINISHED)?.execute([image.as_bytes()])?;
        Ok(())
    }

    fn write(&self, sql: &str, job: &Job) -> Result<()> {
        let error = job.error.as_ref().map(to_json).transpose()?;
        self.connection.prepare_cached(sql)?.execute(params![
            job.image.as_bytes(),
            job.model,
            job.state.as_str(),
            job.priority as u8,
            job.place,
            job.attempts,
            job.failures,
            job.crashes,
            job.fence,
            job.cancel_asked,
            job.submitted_at,
            job.changed_at,
            error,
        ])?;
        Ok(())
    }

    fn list(&self, sql: &str, params: impl Params) -> Result<Vec<Job>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let jobs = statement.query_map(params, Job::from_row)?;
        jobs.collect()
    }
}

/// Sorts jobs by their places, those within one place by their claims.
fn latest_first(mut jobs: Vec<Job>) -> Vec<Job> {
    jobs.sort_by_key(|job| Reverse((job.place, job.fence)));
    jobs
}
