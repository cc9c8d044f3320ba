//! The rows of jobs, and where they go.

use photo_core::job::Priority;
use photo_core::{ImageKey, JobError, JobState};
use rusqlite::{Result, Row};

use crate::embedded::columns::{image, json, priority, state};

/// A job's row.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) image: ImageKey,
    /// The id of its model's row.
    pub(crate) model: i64,
    pub(crate) state: JobState,
    pub(crate) priority: Priority,
    /// Where it is in the list of its state: see the schema.
    pub(crate) place: Option<i64>,
    pub(crate) attempts: u32,
    pub(crate) failures: u32,
    pub(crate) crashes: u32,
    /// Of its last claim; 0 before the first.
    pub(crate) fence: i64,
    pub(crate) cancel_asked: bool,
    pub(crate) submitted_at: i64,
    pub(crate) changed_at: i64,
    pub(crate) error: Option<JobError>,
}

/// Where a job goes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum NextPlace {
    /// Queued, before all others of its priority.
    Head,
    /// Queued, behind all others of its priority.
    Tail,
    /// It waits until then.
    Waiting(i64),
    /// It is leased until then.
    Running(i64),
    Succeeded,
    Failed,
    Cancelled,
}

impl Job {
    /// A job that nobody asked for before, in no list yet.
    pub(crate) fn new(image: ImageKey, model: i64, priority: Priority, now: i64) -> Self {
        Self {
            image,
            model,
            state: JobState::Queued,
            priority,
            place: None,
            attempts: 0,
            failures: 0,
            crashes: 0,
            fence: 0,
            cancel_asked: false,
            submitted_at: now,
            changed_at: now,
            error: None,
        }
    }

    /// Reads a row in the order in which `job_table` selects its columns.
    pub(crate) fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            image: image(row, 0)?,
            model: row.get(1)?,
            state: state(row, 2)?,
            priority: priority(row, 3)?,
            place: row.get(4)?,
            attempts: row.get(5)?,
            failures: row.get(6)?,
            crashes: row.get(7)?,
            fence: row.get(8)?,
            cancel_asked: row.get(9)?,
            submitted_at: row.get(10)?,
            changed_at: row.get(11)?,
            error: json(row, 12)?,
        })
    }
}
