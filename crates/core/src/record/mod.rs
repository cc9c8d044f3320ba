//! The record of an image: what was accepted for it and what came of it, kept beside the photo.
//!
//! The job store is the queue and the hot copy; the record is what remains if the job store is
//! lost, and when a result's time there is over. It is a text of lines, each a JSON object with
//! one key, and only ever grows at its end:
//!
//! ```text
//! {"image":{"md5":"…","sha256":"…","format":"jpeg","bytes":…,"width":…,"height":…}}
//! {"accepted":{"at":"…","priority":"normal","models":["wood","stone"]}}
//! {"ended":{"model":"wood","state":"SUCCEEDED","attempts":1,"failures":0,"started_at":"…","ended_at":"…","result":{…}}}
//! ```
//!
//! `accepted` is durable before its request is answered. `ended` may lag behind, and may be lost
//! with the machine's power: it can be computed again. A line that cannot be read (the last one
//! before a power failure) is passed over, so every writer begins with a line break.

mod line;

use std::collections::{BTreeMap, HashSet};

use crate::job::{EndedJob, JobOutcome, JobView, Priority};
use crate::{ImageInfo, ImageKey, JobId, JobState, ModelName, UnixMillis};

pub use line::{Acceptance, JobEnd, RecordLine, Withdrawal};

/// What an image's record says.
#[derive(Debug, Clone, Default)]
pub struct ImageRecord {
    /// What is known of the photo, unless its line cannot be read.
    pub info: Option<ImageInfo>,
    /// The image's jobs as they were last asked for.
    pub jobs: BTreeMap<ModelName, RecordedJob>,
    /// How many lines cannot be read.
    pub unreadable: u64,
}

/// One job as its image's record has it.
#[derive(Debug, Clone)]
pub struct RecordedJob {
    /// When it was asked for.
    pub accepted_at: UnixMillis,
    /// The place in line it was given.
    pub priority: Priority,
    /// Whether it was to be done again.
    pub rerun: bool,
    /// How it ended, as far as that is written down.
    pub end: Option<JobEnd>,
}

impl ImageRecord {
    /// Reads a record's text. Any text is a record; what makes no sense in it is passed over.
    pub fn parse(text: &[u8]) -> Self {
        let mut record = Self::default();
        let mut lines = Vec::new();
        for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            match RecordLine::parse(line) {
                Some(line) => lines.push(line),
                None => record.unreadable += 1,
            }
        }
        let withdrawn: HashSet<(UnixMillis, ModelName)> = lines
            .iter()
            .filter_map(|line| match line {
                RecordLine::Withdrawn(withdrawn) => Some(withdrawn),
                _ => None,
            })
            .flat_map(|it| it.models.iter().map(|model| (it.accepted_at, model.clone())))
            .collect();
        for line in lines {
            record.add(line, &withdrawn);
        }
        record
    }

    fn add(&mut self, line: RecordLine, withdrawn: &HashSet<(UnixMillis, ModelName)>) {
        match line {
            RecordLine::Image(info) => {
                self.info.get_or_insert(info);
            }
            RecordLine::Accepted(Acceptance { at, priority, rerun, models }) => {
                for model in models {
                    if !withdrawn.contains(&(at, model.clone())) {
                        let job = RecordedJob { accepted_at: at, priority, rerun, end: None };
                        self.jobs.insert(model, job);
                    }
                }
            }
            RecordLine::Withdrawn(_) => {}
            RecordLine::Ended(end) => {
                // What was never accepted here, or is withdrawn, has no end to keep.
                if let Some(job) = self.jobs.get_mut(&end.model) {
                    job.end = Some(*end);
                }
            }
        }
    }

    /// Which of the models asked for are not in the record as a job that is to be done or that is
    /// done, so that a line must be added to it. Asked to be done again, that is all of them.
    pub fn lacks(&self, asked: &Acceptance) -> Vec<ModelName> {
        let known = |model: &ModelName| {
            self.jobs.get(model).is_some_and(|job| {
                let end = job.end.as_ref().map(|end| &end.outcome);
                !asked.rerun && !matches!(end, Some(JobOutcome::Cancelled(_)))
            })
        };
        asked.models.iter().filter(|model| !known(model)).cloned().collect()
    }
}

impl RecordedJob {
    /// The job as its image's status shows it. One whose end is not written down is in line, as
    /// far as the record knows.
    pub fn view(&self, model: &ModelName) -> JobView {
        let end = self.end.as_ref();
        let (result, error) = match end.map(|end| &end.outcome) {
            None => (None, None),
            Some(JobOutcome::Succeeded(result)) => (Some(result.clone()), None),
            Some(JobOutcome::Failed(error)) => (None, Some(error.clone())),
            Some(JobOutcome::Cancelled(error)) => (None, error.clone()),
        };
        JobView {
            model: model.clone(),
            state: end.map_or(JobState::Queued, |end| end.outcome.state()),
            priority: self.priority,
            attempts: end.map_or(0, |end| end.attempts),
            failures: end.map_or(0, |end| end.failures),
            cancel_asked: false,
            submitted_at: self.accepted_at,
            started_at: end.and_then(|end| end.started_at),
            changed_at: end.map_or(self.accepted_at, |end| end.ended_at),
            due_at: None,
            held_by_model: None,
            result,
            error,
        }
    }

    /// The job with its end, if it has one.
    pub fn ended(&self, image: ImageKey) -> Option<EndedJob> {
        let end = self.end.as_ref()?;
        Some(EndedJob {
            id: JobId::new(image, end.model.clone()),
            priority: self.priority,
            attempts: end.attempts,
            failures: end.failures,
            submitted_at: self.accepted_at,
            started_at: end.started_at,
            ended_at: end.ended_at,
            outcome: end.outcome.clone(),
        })
    }
}

#[cfg(test)]
mod tests;
