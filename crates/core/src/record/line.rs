//! One line of a record.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::job::{EndedJob, JobOutcome, JobView, Priority};
use crate::{ImageInfo, JobError, JobState, ModelName, UnixMillis};

/// The version of records that this program knows all lines of.
const VERSION: u32 = 1;

/// One line of an image's record.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordLine {
    /// What is known of the photo.
    Image(ImageInfo),
    /// Jobs were asked for.
    Accepted(Acceptance),
    /// Jobs of an earlier line were not put in the job store after all, and the client was told.
    Withdrawn(Withdrawal),
    /// Something was found to be wrong with the photo, in sentences.
    Noted(Vec<String>),
    /// A job ended.
    Ended(Box<JobEnd>),
    /// The photo's bytes were found damaged, and were set aside.
    Damaged(Moment),
    /// The photo was posted again, and is whole since.
    Mended(Moment),
    /// The record was damaged, and was written anew.
    Rebuilt(Rebuilt),
}

/// When something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// When.
    pub at: UnixMillis,
}

/// How a record was written anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rebuilt {
    /// When.
    pub at: UnixMillis,
    /// How many of its lines could not be read, and are lost.
    pub lost_lines: u64,
    /// Whether what the job store knew of the image's jobs was added since.
    pub filled_in: bool,
}

/// Jobs of an image that were asked for together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// By which request; each has an id of its own.
    pub request: Uuid,
    /// When.
    pub at: UnixMillis,
    /// Where they go in line.
    pub priority: Priority,
    /// Whether they are to be done again if they are done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rerun: bool,
    /// For which models.
    pub models: Vec<ModelName>,
}

/// Jobs that the job store refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// Whose.
    pub request: Uuid,
    /// Their models.
    pub models: Vec<ModelName>,
}

/// How and when a job ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "JobEndText", into = "JobEndText")]
pub struct JobEnd {
    /// Whose answer it is.
    pub model: ModelName,
    /// How often a dispatcher took it.
    pub attempts: u32,
    /// How many attempts failed.
    pub failures: u32,
    /// When a dispatcher last took it.
    pub started_at: Option<UnixMillis>,
    /// When it ended.
    pub ended_at: UnixMillis,
    /// How it ended.
    pub outcome: JobOutcome,
    /// The request whose job it ends, if it ends no other's: a job that is cancelled may have been
    /// asked for again by the time this is written.
    pub request: Option<Uuid>,
}

impl JobEnd {
    /// How the job store says that a job of this request ended; `None` if it has not.
    pub fn of(view: &JobView, request: Uuid) -> Option<Self> {
        let outcome = match view.state {
            JobState::Succeeded => JobOutcome::Succeeded(view.result.clone()?),
            JobState::Failed => JobOutcome::Failed(view.error.clone()?),
            JobState::Cancelled => return Some(Self::cancelled(view, request, view.changed_at)),
            JobState::Queued | JobState::Waiting | JobState::Running => return None,
        };
        Some(Self::new(view, view.changed_at, outcome))
    }

    /// That a job of this request is cancelled, or will be as soon as its dispatcher lets go of it.
    /// If that has finished it first, its word goes before this one.
    pub fn cancelled(view: &JobView, request: Uuid, at: UnixMillis) -> Self {
        let outcome = JobOutcome::Cancelled(view.error.clone());
        Self { request: Some(request), ..Self::new(view, at, outcome) }
    }

    /// When a dispatcher last took it, as people are told: not after it ended, though the two times
    /// may be of different clocks, or of one that was set back in between.
    pub fn shown_start(&self) -> Option<UnixMillis> {
        self.started_at.map(|at| at.min(self.ended_at))
    }

    fn new(view: &JobView, ended_at: UnixMillis, outcome: JobOutcome) -> Self {
        Self {
            model: view.model.clone(),
            attempts: view.attempts,
            failures: view.failures,
            started_at: view.started_at,
            ended_at,
            outcome,
            request: None,
        }
    }
}

/// Whether a line is of a kind that a later version than this one's added.
pub(super) fn is_of_later_version(line: &[u8]) -> bool {
    let Ok(line) = serde_json::from_slice::<BTreeMap<String, &RawValue>>(line) else {
        return false;
    };
    let since = line.keys().map(|kind| kind.split_once(':')?.0.parse::<u32>().ok());
    line.len() == 1 && since.flatten().any(|since| since > VERSION)
}

impl From<Acceptance> for RecordLine {
    fn from(acceptance: Acceptance) -> Self {
        Self::Accepted(acceptance)
    }
}

impl From<Withdrawal> for RecordLine {
    fn from(withdrawal: Withdrawal) -> Self {
        Self::Withdrawn(withdrawal)
    }
}

impl From<JobEnd> for RecordLine {
    fn from(end: JobEnd) -> Self {
        Self::Ended(Box::new(end))
    }
}

impl From<EndedJob> for JobEnd {
    fn from(job: EndedJob) -> Self {
        Self {
            model: job.id.model,
            attempts: job.attempts,
            failures: job.failures,
            started_at: job.started_at,
            ended_at: job.ended_at,
            outcome: job.outcome,
            request: None,
        }
    }
}

/// [`JobEnd`] as JSON: flat, since serde can pass a raw value on through nothing else.
#[derive(Serialize, Deserialize)]
struct JobEndText {
    model: ModelName,
    state: JobState,
    attempts: u32,
    failures: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<UnixMillis>,
    ended_at: UnixMillis,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    result: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<JobError>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request: Option<Uuid>,
}

impl From<JobEnd> for JobEndText {
    fn from(end: JobEnd) -> Self {
        let state = end.outcome.state();
        let (result, error) = match end.outcome {
            JobOutcome::Succeeded(result) => (Some(result), None),
            JobOutcome::Failed(error) => (None, Some(error)),
            JobOutcome::Cancelled(error) => (None, error),
        };
        let JobEnd { model, attempts, failures, started_at, ended_at, request, .. } = end;
        Self { model, state, attempts, failures, started_at, ended_at, result, error, request }
    }
}

impl TryFrom<JobEndText> for JobEnd {
    type Error = &'static str;

    fn try_from(text: JobEndText) -> Result<Self, Self::Error> {
        let outcome = match (text.state, text.result, text.error) {
            (JobState::Succeeded, Some(result), None) => JobOutcome::Succeeded(result),
            (JobState::Failed, None, Some(error)) => JobOutcome::Failed(error),
            (JobState::Cancelled, None, error) => JobOutcome::Cancelled(error),
            _ => {
                return Err(
                    "an end is a success with a result, a failure with an error, or a cancellation",
                );
            }
        };
        let JobEndText { model, attempts, failures, started_at, ended_at, request, .. } = text;
        Ok(Self { model, attempts, failures, started_at, ended_at, outcome, request })
    }
}

impl RecordLine {
    /// Reads a line, without its line break.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(line).ok()
    }

    /// Several lines as they are appended, which is by one write.
    pub fn to_texts(lines: &[Self]) -> Vec<u8> {
        lines.iter().map(Self::to_text).collect::<Vec<_>>().concat()
    }

    /// The line as it is appended: with a break before it, which ends whatever half a line was
    /// left behind, and one after it.
    pub fn to_text(&self) -> Vec<u8> {
        let mut text = vec![b'\n'];
        serde_json::to_writer(&mut text, self)
            .expect("a line is made of texts, numbers and JSON, and a vector takes all of it");
        // A model may have broken the lines of its result. In JSON that is white space, as a line
        // break within a string is written as an escape.
        text[1..].iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = b' ');
        text.push(b'\n');
        text
    }
}
