//! The record of an image: what was accepted for it and what came of it, kept beside the photo.
//!
//! The job store is the queue and the hot copy; the record is what remains if the job store is
//! lost, and when a result's time there is over. It is a text of lines, each a JSON object with
//! one key, and only ever grows at its end:
//!
//! ```text
//! {"image":{"md5":"…","sha256":"…","format":"jpeg","bytes":…,"width":…,"height":…}}
//! {"accepted":{"request":"…","at":"…","priority":"normal","models":["wood","stone"]}}
//! {"noted":["The photo is damaged: …"]}
//! {"ended":{"model":"wood","state":"SUCCEEDED","attempts":1,"failures":0,"started_at":"…","ended_at":"…","result":{…}}}
//! ```
//!
//! `accepted` is durable before its request is answered. `ended` may lag behind, and may be lost
//! with the machine's power: it can be computed again. A cancellation is such an end, and names the
//! request whose job it ends. A line that cannot be read (the last one before a power failure) is
//! passed over, so every writer begins with a line break.
//!
//! These kinds of lines are version 1 of records. Fields that may be missing can be added to them.
//! A kind that is added later is called after the version that added it, `{"2:tagged":{…}}`:
//! programs of before pass over such lines, count nothing as damaged, and keep them. What is
//! already written never changes its meaning.
//!
//! `damaged`, `mended` and `rebuilt` tell what happened to the stored files themselves. A record is
//! written anew, under an exclusive lock, only to mend it, or to give an image line of an earlier
//! version its checksum ([`rebuild`]).

mod line;

use std::collections::BTreeMap;
use std::io::{self, BufRead};

use uuid::Uuid;

use crate::job::{EndedJob, JobOutcome, JobView, Priority};
use crate::{ImageInfo, ImageKey, JobId, JobState, ModelName, UnixMillis};

pub use line::{Acceptance, JobEnd, Moment, Rebuilt, RecordLine, Withdrawal};

/// How far the clocks of the programs may be apart, in milliseconds.
const SKEW_MS: u64 = 5_000;

/// For how long a job that was accepted may still be withdrawn, or may not be on the disk yet, in
/// milliseconds: another request for it writes a line of its own.
const UNSETTLED_MS: u64 = 120_000;

/// How many sentences about a photo are kept.
const MOST_NOTES: usize = 8;

/// What is noted of a photo whose stored bytes are not those that were posted.
const DAMAGED_NOTE: &str = "The stored photo is damaged; post it again to mend it.";

/// How many earlier acceptances of a job are remembered, to go back to if later ones are withdrawn.
const REMEMBERED: usize = 8;

/// What an image's record says.
#[derive(Debug, Clone, Default)]
pub struct ImageRecord {
    /// What is known of the photo, unless its line cannot be read.
    pub info: Option<ImageInfo>,
    /// The image's jobs as they were last asked for.
    pub jobs: BTreeMap<ModelName, RecordedJob>,
    /// What was found to be wrong with the photo after it was stored, in sentences.
    noted: Vec<String>,
    /// How many lines cannot be read.
    pub unreadable: u64,
    /// When the photo was found damaged, unless it was mended since.
    pub damaged_at: Option<UnixMillis>,
    /// How the record was last written anew, if it was damaged once.
    pub rebuilt: Option<Rebuilt>,
    /// Whether something of the image was damaged once, and may still lie aside.
    pub was_damaged: bool,
    /// Jobs as they were asked for before, the latest last.
    earlier: BTreeMap<ModelName, Vec<RecordedJob>>,
}

/// One job as its image's record has it.
#[derive(Debug, Clone)]
pub struct RecordedJob {
    /// By which request.
    pub request: Uuid,
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
    /// Reads a record's text. Any text is a record; what makes no sense in it is passed over. Of
    /// results that were replaced by later ones only a few are held in memory at a time.
    pub fn read(mut text: impl BufRead) -> io::Result<Self> {
        let (mut record, mut line) = (Self::default(), Vec::new());
        while text.read_until(b'\n', &mut line)? > 0 {
            let trimmed = line.trim_ascii();
            if !trimmed.is_empty() {
                match RecordLine::parse(trimmed) {
                    Some(line) => record.add(line),
                    None if line::is_of_later_version(trimmed) => {}
                    None => record.unreadable += 1,
                }
            }
            line.clear();
        }
        record.earlier.clear();
        Ok(record)
    }

    /// What is known of the photo, if a text's first line says it whole, as it does unless it was
    /// damaged. Reads no more than that line.
    pub fn first_info(text: &[u8]) -> Option<ImageInfo> {
        let line = text.trim_ascii_start().split(|byte| *byte == b'\n').next()?;
        match RecordLine::parse(line)? {
            RecordLine::Image(info) => Some(info),
            _ => None,
        }
    }

    fn add(&mut self, line: RecordLine) {
        match line {
            RecordLine::Image(info) => {
                self.info.get_or_insert(info);
            }
            RecordLine::Accepted(acceptance) => self.accept(&acceptance),
            RecordLine::Withdrawn(Withdrawal { request, models }) => {
                for model in &models {
                    self.withdraw(request, model);
                }
            }
            RecordLine::Noted(notes) => {
                for note in notes {
                    if self.noted.len() < MOST_NOTES && !self.noted.contains(&note) {
                        self.noted.push(note);
                    }
                }
            }
            RecordLine::Ended(end) => {
                // What was never accepted here, or is withdrawn, has no end to keep.
                if let Some(job) = self.jobs.get_mut(&end.model)
                    && job.takes(&end)
                {
                    job.end = Some(*end);
                }
            }
            RecordLine::Damaged(Moment { at }) => {
                (self.damaged_at, self.was_damaged) = (Some(at), true);
            }
            RecordLine::Mended(_) => (self.damaged_at, self.was_damaged) = (None, true),
            RecordLine::Rebuilt(rebuilt) => {
                (self.rebuilt, self.was_damaged) = (Some(rebuilt), true);
            }
        }
    }

    /// What is wrong with the photo, in sentences, each once.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = self.info.as_ref().map(|info| info.notes.clone()).unwrap_or_default();
        let added = self.noted.iter().filter(|note| !notes.contains(note));
        let added: Vec<String> = added.cloned().collect();
        notes.extend(added);
        notes.truncate(MOST_NOTES);
        if self.damaged_at.is_some() {
            notes.push(DAMAGED_NOTE.to_owned());
        }
        notes
    }

    /// Whether anything is known to be wrong with the photo.
    pub fn has_notes(&self) -> bool {
        self.damaged_at.is_some()
            || !self.noted.is_empty()
            || self.info.as_ref().is_some_and(|info| !info.notes.is_empty())
    }

    fn accept(&mut self, acceptance: &Acceptance) {
        let Acceptance { request, at, priority, rerun, .. } = *acceptance;
        for model in &acceptance.models {
            let mut job = RecordedJob { request, accepted_at: at, priority, rerun, end: None };
            let Some(before) = self.jobs.remove(model) else {
                self.jobs.insert(model.clone(), job);
                continue;
            };
            // It ended between the request's look at the record and its line.
            if !rerun && before.is_done() {
                job.end.clone_from(&before.end);
            }
            let earlier = self.earlier.entry(model.clone()).or_default();
            if earlier.len() == REMEMBERED {
                earlier.remove(0);
            }
            earlier.push(before);
            self.jobs.insert(model.clone(), job);
        }
    }

    fn withdraw(&mut self, request: Uuid, model: &ModelName) {
        let earlier = self.earlier.entry(model.clone()).or_default();
        if self.jobs.get(model).is_some_and(|job| job.request == request) {
            self.jobs.remove(model);
            if let Some(before) = earlier.pop() {
                self.jobs.insert(model.clone(), before);
            }
        } else {
            earlier.retain(|job| job.request != request);
        }
    }

    /// Which of the models asked for are not in the record as a job that is surely to be done or
    /// that is done, so that a line must be added to it. Asked to be done again, that is all of
    /// them.
    pub fn lacks(&self, asked: &Acceptance) -> Vec<ModelName> {
        let known = |model: &ModelName| {
            self.jobs.get(model).is_some_and(|job| {
                let settled = asked.at.0.abs_diff(job.accepted_at.0) > UNSETTLED_MS;
                !asked.rerun && (job.is_done() || (job.end.is_none() && settled))
            })
        };
        asked.models.iter().filter(|model| !known(model)).cloned().collect()
    }
}

impl RecordedJob {
    /// Whether it ended, neither by being cancelled nor for want of its photo: asked for again,
    /// with the photo, such jobs are to be done.
    pub fn is_done(&self) -> bool {
        self.end.as_ref().is_some_and(|end| match &end.outcome {
            JobOutcome::Succeeded(_) => true,
            JobOutcome::Failed(error) => !error.kind.lacks_photo(),
            JobOutcome::Cancelled(_) => false,
        })
    }

    /// Whether an end is this job's, and not that of an earlier time or another request written
    /// late. A cancellation may be written before its dispatcher has heard of it, so that what is
    /// done stays done.
    fn takes(&self, end: &JobEnd) -> bool {
        let of_another = end.request.is_some_and(|request| request != self.request);
        let is_too_late = self.is_done() && matches!(end.outcome, JobOutcome::Cancelled(_));
        if of_another || is_too_late {
            return false;
        }
        let began = end.started_at.unwrap_or(end.ended_at);
        let of_earlier_time = self.rerun && began.0 + SKEW_MS < self.accepted_at.0;
        let known = self.end.as_ref().map(|end| end.started_at.unwrap_or(end.ended_at));
        !of_earlier_time && known.is_none_or(|known| known <= began)
    }

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
            started_at: end.and_then(JobEnd::shown_start),
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
            started_at: end.shown_start(),
            ended_at: end.ended_at,
            outcome: end.outcome.clone(),
        })
    }
}

/// A damaged record's text written anew: with this image line, and with all other lines that can be
/// read as they are. With `at`, a last line tells when this was done and how many lines are lost.
pub fn rebuild(text: &[u8], info: &ImageInfo, at: Option<UnixMillis>) -> Vec<u8> {
    let (mut kept, mut lost_lines, mut has_info) = (Vec::new(), 0_u64, false);
    for line in text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii) {
        match RecordLine::parse(line) {
            Some(RecordLine::Image(_)) => has_info = true,
            Some(_) => kept.extend([b"\n", line, b"\n"].concat()),
            None if line::is_of_later_version(line) => kept.extend([b"\n", line, b"\n"].concat()),
            None => lost_lines += u64::from(!line.is_empty()),
        }
    }
    let mut rebuilt = RecordLine::Image(info.clone()).to_text();
    rebuilt.append(&mut kept);
    if let Some(at) = at {
        // The image line is known again.
        lost_lines = lost_lines.saturating_sub(u64::from(!has_info));
        let filled_in = false;
        rebuilt.extend(RecordLine::Rebuilt(Rebuilt { at, lost_lines, filled_in }).to_text());
    }
    rebuilt
}

#[cfg(test)]
mod tests;
