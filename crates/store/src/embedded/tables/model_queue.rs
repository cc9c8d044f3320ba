//! One model's queue in numbers, so that nobody has to count jobs.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use photo_core::job::{ModelStats, Priority};
use photo_core::{JobState, ModelName};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::job::Job;
use crate::embedded::columns::{model_name, natural};

macro_rules! select_model {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, line_head, line_tail, queued_high, queued_normal, queued_low, \
             waiting, running, failed, total_submitted, total_duplicate, total_claimed, \
             total_succeeded, total_failed, total_retried, total_released, total_cancelled, \
             total_expired, total_stale, forgotten FROM models ",
            $rest
        )
    };
}

const FIND: &str = select_model!("WHERE name = ?1");
const ALL: &str = select_model!("WHERE NOT forgotten ORDER BY name");
const ADD: &str = "INSERT INTO models (name) VALUES (?1)";
const SAVE: &str = "UPDATE models SET line_head = ?2, line_tail = ?3, \
    queued_high = ?4, queued_normal = ?5, queued_low = ?6, waiting = ?7, running = ?8, \
    failed = ?9, total_submitted = ?10, total_duplicate = ?11, total_claimed = ?12, \
    total_succeeded = ?13, total_failed = ?14, total_retried = ?15, total_released = ?16, \
    total_cancelled = ?17, total_expired = ?18, total_stale = ?19, forgotten = ?20 WHERE id = ?1";

/// What is counted since the store was made, in the order of [`ModelStats::COUNTERS`].
#[derive(Debug, Clone, Copy)]
pub(crate) enum Counter {
    Submitted,
    Duplicate,
    Claimed,
    Succeeded,
    Failed,
    Retried,
    Released,
    Cancelled,
    Expired,
    Stale,
}

/// A model's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ModelQueue {
    pub(crate) id: i64,
    pub(crate) name: ModelName,
    line_head: i64,
    line_tail: i64,
    queued: [i64; 3],
    waiting: i64,
    running: i64,
    failed: i64,
    totals: [i64; ModelStats::COUNTERS.len()],
    forgotten: bool,
}

impl ModelQueue {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let mut totals = [0; ModelStats::COUNTERS.len()];
        for (column, total) in (10..).zip(&mut totals) {
            *total = row.get(column)?;
        }
        Ok(Self {
            id: row.get(0)?,
            name: model_name(row, 1)?,
            line_head: row.get(2)?,
            line_tail: row.get(3)?,
            queued: [row.get(4)?, row.get(5)?, row.get(6)?],
            waiting: row.get(7)?,
            running: row.get(8)?,
            failed: row.get(9)?,
            totals,
            forgotten: row.get(20)?,
        })
    }

    fn save(&self, connection: &Connection) -> Result<()> {
        let [high, normal, low] = self.queued;
        let t = &self.totals;
        connection.prepare_cached(SAVE)?.execute(params![
            self.id,
            self.line_head,
            self.line_tail,
            high,
            normal,
            low,
            self.waiting,
            self.running,
            self.failed,
            t[0],
            t[1],
            t[2],
            t[3],
            t[4],
            t[5],
            t[6],
            t[7],
            t[8],
            t[9],
            self.forgotten,
        ])?;
        Ok(())
    }

    /// The place before all other queued jobs.
    pub(crate) fn next_head(&mut self) -> i64 {
        self.line_head -= 1;
        self.line_head
    }

    /// The place behind all other queued jobs.
    pub(crate) fn next_tail(&mut self) -> i64 {
        self.line_tail += 1;
        self.line_tail
    }

    /// Counts one more of something that happened.
    pub(crate) fn tally(&mut self, counter: Counter) {
        self.totals[counter as usize] += 1;
    }

    /// Whether the model was forgotten and had no job since.
    pub(crate) fn is_forgotten(&self) -> bool {
        self.forgotten
    }

    /// As if it never had a job.
    pub(crate) fn forget(&mut self) {
        (self.failed, self.totals, self.forgotten) = (0, Default::default(), true);
    }

    /// Counts a job in the state it is in.
    pub(crate) fn enter(&mut self, job: &Job) {
        self.forgotten = false;
        self.add(job, 1);
    }

    /// No longer counts a job in the state it is in.
    pub(crate) fn leave(&mut self, job: &Job) {
        self.add(job, -1);
    }

    fn add(&mut self, job: &Job, count: i64) {
        match job.state {
            JobState::Queued => self.queued[job.priority as usize] += count,
            JobState::Waiting => self.waiting += count,
            JobState::Running => self.running += count,
            // Without a place it is no longer on the list.
            JobState::Failed => self.failed += count * i64::from(job.place.is_some()),
            JobState::Succeeded | JobState::Cancelled => {}
        }
    }

    /// How many jobs of one priority are queued.
    pub(crate) fn queued_of(&self, priority: Priority) -> u64 {
        natural(self.queued[priority as usize])
    }

    /// How many jobs are queued.
    pub(crate) fn queued(&self) -> u64 {
        natural(self.queued.iter().sum())
    }

    /// How many jobs are under a lease.
    pub(crate) fn running(&self) -> u64 {
        natural(self.running)
    }

    /// The numbers as others see them.
    pub(crate) fn stats(&self) -> ModelStats {
        let counters = ModelStats::COUNTERS.iter().zip(self.totals);
        ModelStats {
            model: self.name.clone(),
            queued: self.queued.map(natural),
            waiting: natural(self.waiting),
            running: self.running(),
            failed: natural(self.failed),
            counters: counters.map(|(name, total)| ((*name).to_owned(), natural(total))).collect(),
        }
    }

    /// The row of one model.
    pub(crate) fn find(connection: &Connection, name: &ModelName) -> Result<Option<Self>> {
        connection.prepare_cached(FIND)?.query_row([name.as_str()], Self::from_row).optional()
    }

    /// The rows of all models, by name.
    pub(crate) fn all(connection: &Connection) -> Result<Vec<Self>> {
        let mut statement = connection.prepare_cached(ALL)?;
        let rows = statement.query_map([], Self::from_row)?;
        rows.collect()
    }
}

/// The rows that one operation works on: read once, written once if they changed.
#[derive(Debug)]
pub(crate) struct ModelQueues<'a> {
    connection: &'a Connection,
    loaded: BTreeMap<ModelName, Loaded>,
}

#[derive(Debug)]
struct Loaded {
    before: ModelQueue,
    now: ModelQueue,
}

impl<'a> ModelQueues<'a> {
    pub(crate) fn new(connection: &'a Connection) -> Self {
        Self { connection, loaded: BTreeMap::new() }
    }

    /// The queue of a model, or `None` if it never had a job.
    pub(crate) fn find(&mut self, name: &ModelName) -> Result<Option<&mut ModelQueue>> {
        match self.loaded.entry(name.clone()) {
            Entry::Occupied(entry) => Ok(Some(&mut entry.into_mut().now)),
            Entry::Vacant(entry) => {
                let found = ModelQueue::find(self.connection, name)?;
                Ok(found.map(|queue| {
                    &mut entry.insert(Loaded { before: queue.clone(), now: queue }).now
                }))
            }
        }
    }

    /// The queue of a model, which has one from now on.
    pub(crate) fn find_or_add(&mut self, name: &ModelName) -> Result<&mut ModelQueue> {
        if self.find(name)?.is_none() {
            self.connection.prepare_cached(ADD)?.execute([name.as_str()])?;
        }
        self.find(name)?.ok_or(rusqlite::Error::QueryReturnedNoRows)
    }

    /// The models that have a queue, by name.
    pub(crate) fn names(&mut self) -> Result<Vec<ModelName>> {
        let queues = ModelQueue::all(self.connection)?;
        Ok(queues.into_iter().map(|queue| queue.name).collect())
    }

    /// Writes what changed. Answers the queues before and after, of all that were looked at.
    pub(crate) fn save(self) -> Result<Vec<(ModelQueue, ModelQueue)>> {
        for Loaded { before, now } in self.loaded.values() {
            if before != now {
                now.save(self.connection)?;
            }
        }
        Ok(self.loaded.into_values().map(|Loaded { before, now }| (before, now)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_stand_in_the_order_of_their_names() {
        for (counter, name) in [
            (Counter::Submitted, "submitted"),
            (Counter::Duplicate, "duplicate"),
            (Counter::Claimed, "claimed"),
            (Counter::Succeeded, "succeeded"),
            (Counter::Failed, "failed"),
            (Counter::Retried, "retried"),
            (Counter::Released, "released"),
            (Counter::Cancelled, "cancelled"),
            (Counter::Expired, "expired"),
            (Counter::Stale, "stale"),
        ] {
            assert_eq!(ModelStats::COUNTERS[counter as usize], name);
        }
        // The columns that hold them are named after them, in the same order.
        let columns: Vec<_> = ModelStats::COUNTERS.map(|name| format!("total_{name}")).into();
        assert!(FIND.contains(&columns.join(", ")));
    }
}
