//! What one writing operation works with.

use std::cell::RefCell;
use std::collections::HashMap;

use photo_core::{ImageKey, ModelName, UnixMillis};
use rusqlite::{Connection, Result};

use super::columns::natural;
use super::memory::wakes::StoreEvent;
use super::tables::job_table::JobTable;
use super::tables::model_queue::ModelQueues;
use super::time::Moment;
use crate::Settings;
use crate::shares::Shares;

/// What the writer remembers from one operation to the next, and forgets at its end.
#[derive(Debug, Default)]
pub(super) struct WriterMemory {
    /// The last fence given. It need not outlive the process: all leases end with it.
    last_fence: i64,
    /// How the priorities of each model shared it so far.
    shares: HashMap<ModelName, Shares>,
}

impl WriterMemory {
    /// A fence that no claim had before: the time in microseconds, pushed up where needed.
    pub(super) fn next_fence(&mut self, now_micros: i64) -> i64 {
        self.last_fence = now_micros.max(self.last_fence.saturating_add(1));
        self.last_fence
    }

    /// Has all fences to come be above this one.
    pub(super) fn pass_fence(&mut self, fence: i64) {
        self.last_fence = self.last_fence.max(fence);
    }

    /// How the priorities of a model shared it so far.
    pub(super) fn shares(&mut self, model: &ModelName) -> &mut Shares {
        self.shares.entry(model.clone()).or_default()
    }
}

/// One operation's view of the store, at one moment.
#[derive(Debug)]
pub(super) struct Session<'a> {
    pub(super) connection: &'a Connection,
    pub(super) settings: &'a Settings,
    pub(super) memory: &'a mut WriterMemory,
    /// The moment by the clock, in microseconds.
    pub(super) wall_micros: i64,
    /// The moment in the store's time, in milliseconds.
    pub(super) now: i64,
    pub(super) jobs: JobTable<'a>,
    pub(super) queues: ModelQueues<'a>,
    /// What is to be told once this is committed.
    pub(super) events: Vec<StoreEvent>,
    /// Whether idle dispatchers are to hear of all work there is, and not only of what is new.
    pub(super) tells_of_all_work: bool,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        connection: &'a Connection,
        settings: &'a Settings,
        moment: Moment,
        memory: &'a mut WriterMemory,
        changed: &'a RefCell<Vec<ImageKey>>,
    ) -> Self {
        let Moment { now, wall_micros, ahead } = moment;
        Self {
            connection,
            settings,
            memory,
            wall_micros,
            now,
            jobs: JobTable { connection, now, wall: moment.wall(), ahead, changed },
            queues: ModelQueues::new(connection),
            events: Vec::new(),
            tells_of_all_work: false,
        }
    }

    /// Writes the models' numbers. Answers what is to be told once all is committed.
    pub(super) fn close(self) -> Result<Vec<StoreEvent>> {
        let mut events = self.events;
        for (before, now) in self.queues.save()? {
            // A newly queued job is a chance for somebody, and so is a place freed under the limit
            // while jobs are queued. What this operation claimed itself is taken off both.
            let arrived = now.queued().saturating_sub(before.queued());
            let freed = before.running().saturating_sub(now.running());
            let new = arrived.max(freed).min(now.queued());
            let jobs = if self.tells_of_all_work { now.queued() } else { new };
            if jobs > 0 {
                events.push(StoreEvent::Work {
                    model: now.name.clone(),
                    jobs,
                    running: now.running(),
                });
            }
        }
        let mut images = self.jobs.changed.take();
        if !images.is_empty() {
            images.sort_unstable();
            images.dedup();
            events.push(StoreEvent::Changed { at: UnixMillis(natural(self.now)), images });
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fences_grow_although_the_clock_is_set_back() {
        let mut memory = WriterMemory::default();
        assert_eq!(memory.next_fence(1_000), 1_000);
        assert_eq!(memory.next_fence(900), 1_001);
        memory.pass_fence(1_100);
        memory.pass_fence(500);
        assert_eq!(memory.next_fence(950), 1_101);
        assert_eq!(memory.next_fence(2_000), 2_000);
    }
}
