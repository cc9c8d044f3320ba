//! What is to be done about one image, by what is there of it and how old it is.

use std::time::Duration;

use photo_config::Config;
use photo_core::ports::Inspection;
use photo_core::record::ImageRecord;
use photo_core::{ModelName, UnixMillis};

/// What belongs to nobody is left alone for so long: it may be about to be somebody's.
const GRACE: Duration = Duration::from_hours(24);

/// How long what is kept.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Photos, after the last that happened to them; for ever if `None`.
    pub(crate) photos: Option<Duration>,
    /// Records.
    pub(crate) records: Option<Duration>,
    /// Finished jobs in the job store.
    pub(crate) jobs: Duration,
}

/// What is to be done about an image.
#[derive(Debug, PartialEq)]
pub(crate) enum Verdict {
    /// Nothing.
    Leave,
    /// These jobs are to be compared with the job store.
    Compare {
        /// Each with whether it ended.
        jobs: Vec<(ModelName, bool)>,
        /// Whether the photo they are about is not there.
        photo_is_missing: bool,
    },
    /// The record belongs to an upload that was broken off, unless the job store knows of a job.
    RemoveUnlessKnown(Vec<ModelName>),
    /// There is a photo of which nothing is asked: its requests were refused, or its record is
    /// gone.
    RemoveOrphan,
    /// The photo is past its retention.
    RemovePhoto,
    /// The record, and whatever is left of the photo, is past its retention.
    RemoveAll,
}

impl Rules {
    /// As the configuration has them.
    pub fn new(config: &Config) -> Self {
        Self {
            photos: config.images.retention.into(),
            records: config.images.record_retention.into(),
            jobs: config.store.retention,
        }
    }

    pub(crate) fn judge(&self, found: &Inspection, now: UnixMillis) -> Verdict {
        let age = age(now, found.changed_at);
        let past = |retention: Option<Duration>| retention.is_some_and(|it| age > it);
        let has_photo = found.photo || found.damaged_photo;
        let was_damaged = found.record.as_ref().is_some_and(|record| record.rebuilt.is_some());
        let jobs = found.record.as_ref().map_or(0, |record| record.jobs.len());
        if jobs == 0 && (found.damaged_record || was_damaged) {
            // Its jobs are lost with the record, and the photo is not nobody's for that.
            return if past(self.photos) && past(self.records) {
                Verdict::RemoveAll
            } else {
                Verdict::Leave
            };
        }
        let Some(record) = found.record.as_ref().filter(|_| jobs > 0) else {
            // Nothing at all is there of what another caretaker has just removed.
            let is_there = has_photo || found.record.is_some();
            return if is_there && age > GRACE { Verdict::RemoveOrphan } else { Verdict::Leave };
        };
        let ended = record.jobs.values().filter(|job| job.end.is_some()).count();
        if ended == record.jobs.len() {
            if past(self.records) {
                return Verdict::RemoveAll;
            }
            if past(self.photos) {
                return if has_photo {
                    Verdict::RemovePhoto
                } else {
                    self.compare(found, record, now)
                };
            }
        } else if ended == 0 && !has_photo {
            let models = record.jobs.keys().cloned().collect();
            return if age > GRACE { Verdict::RemoveUnlessKnown(models) } else { Verdict::Leave };
        }
        self.compare(found, record, now)
    }

    /// Unfinished jobs, and those whose end the job store still has to know.
    fn compare(&self, found: &Inspection, record: &ImageRecord, now: UnixMillis) -> Verdict {
        let jobs: Vec<_> = record
            .jobs
            .iter()
            .filter_map(|(model, job)| match &job.end {
                None => Some((model.clone(), false)),
                Some(end) => (age(now, end.ended_at) < self.jobs).then(|| (model.clone(), true)),
            })
            .collect();
        let open = jobs.iter().any(|(_, ended)| !ended);
        let is_missing = !found.photo && !found.damaged_photo;
        let photo_is_missing = is_missing && (open || self.photos.is_none());
        if jobs.is_empty() && !photo_is_missing {
            return Verdict::Leave;
        }
        Verdict::Compare { jobs, photo_is_missing }
    }
}

fn age(now: UnixMillis, then: UnixMillis) -> Duration {
    Duration::from_millis(now.0.saturating_sub(then.0))
}

#[cfg(test)]
mod tests;
