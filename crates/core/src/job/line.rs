//! A model's queue with what tells how long its jobs wait.

use super::ModelStats;
use crate::{JobError, UnixMillis};

/// One model's queue as operators see it, and as those whose jobs wait in it need it.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueView {
    /// Its numbers.
    pub stats: ModelStats,
    /// Why its jobs wait, if no dispatcher can have them done now.
    pub hold: Option<JobError>,
    /// The endpoints that announced themselves and have not fallen silent since.
    pub announced: Vec<String>,
    /// The ends of its lines, by [`super::Priority::ALL`]; `None` for one where no job stands, or
    /// where only cancelled ones do as far as was looked.
    pub lines: [Option<LineEnds>; 3],
}

/// What stands at both ends of a line. Only a few jobs are looked at, so that it costs the same
/// however long the line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineEnds {
    /// When the first job was put in line. Jobs that were put back at the front came in later than
    /// those behind them, so this is the earliest time among the first few.
    pub first_at: UnixMillis,
    /// When the last job was put in line.
    pub last_at: UnixMillis,
    /// When the first job was asked for: the earliest time among the first few.
    pub oldest_at: UnixMillis,
}

impl LineEnds {
    /// How many jobs at each end are looked at.
    pub const LOOK: u32 = 8;
}

impl QueueView {
    /// When the oldest of the jobs in line was asked for, as far as the lines' ends tell.
    pub fn oldest_at(&self) -> Option<UnixMillis> {
        self.lines.iter().flatten().map(|ends| ends.oldest_at).min()
    }
}
