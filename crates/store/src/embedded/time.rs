//! The store's time, which goes on when the clock is set back.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use photo_core::job::StoreClock;
use photo_core::{Clock, UnixMillis};
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::columns::{integer, later, natural};

/// The table is younger than the others: it is made wherever it is missing.
pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS clock ( \
    id INTEGER PRIMARY KEY CHECK (id = 1), noted INTEGER NOT NULL, ahead INTEGER NOT NULL) STRICT";
const READ: &str = "SELECT noted, ahead FROM clock";
const NOTE: &str = "INSERT OR REPLACE INTO clock (id, noted, ahead) VALUES (1, ?1, ?2)";

/// How often the time is noted in the file, in milliseconds, while anything is written.
const NOTE_EVERY: i64 = 1_000;

/// Tells the time to all threads of the store.
#[derive(Debug)]
pub(super) struct StoreTime {
    clock: Clock,
    last: Mutex<Last>,
}

/// What the time was when it was last asked for.
#[derive(Debug)]
struct Last {
    now: i64,
    at: Instant,
    ahead: i64,
}

/// One moment, in milliseconds unless another unit is named.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// In the store's time: what decides when something is over.
    pub(super) now: i64,
    /// How far that is ahead of the clock.
    pub(super) ahead: i64,
    /// By the clock, in microseconds: what people are told.
    pub(super) wall_micros: i64,
}

impl Moment {
    /// By the clock, in milliseconds.
    pub(super) fn wall(self) -> i64 {
        self.wall_micros / 1_000
    }
}

impl StoreTime {
    /// The time of the store in this file, which goes on from what was noted there.
    pub(super) fn open(connection: &Connection, clock: Clock) -> Result<Self> {
        let noted =
            connection.query_row(READ, [], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let (now, ahead) = noted.unwrap_or((0, 0));
        let last = Mutex::new(Last { now, at: clock.instant(), ahead });
        Ok(Self { clock, last })
    }

    /// What time it is.
    pub(super) fn read(&self) -> Moment {
        // Every change is complete before anything can panic.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (wall_micros, at) = (integer(self.clock.now_micros()), self.clock.instant());
        let mut now = wall_micros / 1_000 + last.ahead;
        if now < last.now {
            let went_on = later(last.now, at.saturating_duration_since(last.at));
            last.ahead += went_on - now;
            now = went_on;
        }
        (last.now, last.at) = (now, at);
        Moment { now, ahead: last.ahead, wall_micros }
    }
}

impl From<Moment> for StoreClock {
    fn from(Moment { now, ahead, .. }: Moment) -> Self {
        let ahead = Duration::from_millis(natural(ahead));
        Self { now: UnixMillis(natural(now)), ahead }
    }
}

/// Notes the time in the file as part of what else is written. Answers the moment that is noted
/// now, given the one that was noted last.
pub(super) fn note(
    connection: &Connection,
    moment: Moment,
    noted: Option<Moment>,
) -> Result<Moment> {
    if let Some(noted) = noted
        && noted.ahead == moment.ahead
        && moment.now - noted.now < NOTE_EVERY
    {
        return Ok(noted);
    }
    connection.prepare_cached(NOTE)?.execute(params![moment.now, moment.ahead])?;
    Ok(moment)
}
