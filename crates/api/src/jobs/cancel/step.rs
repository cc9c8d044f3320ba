//! Cancelling the jobs of a few images, in the job store and in the records beside the photos.

use futures_util::future::try_join_all;
use photo_core::job::{NewJob, SubmitMode};
use photo_core::ports::{ImageStoreError, StoreError};
use photo_core::record::{ImageRecord, JobEnd, RecordLine};
use photo_core::{ImageKey, JobId, JobState, ModelName};

use super::CancelError;
use super::JobNow;
use crate::app::AppState;
use crate::app::stores::StoresError;

/// How many images are cancelled in one step, at the same time; their results are then in memory.
pub(super) const MAX_IMAGES_TOGETHER: usize = 20;

/// What was cancelled so far.
pub(super) struct CancelledJobs {
    /// The selected jobs, as they are now.
    pub(super) jobs: Vec<JobNow>,
    /// Whether all of it could be written down.
    written: Result<(), ImageStoreError>,
}

impl Default for CancelledJobs {
    fn default() -> Self {
        Self { jobs: Vec::new(), written: Ok(()) }
    }
}

impl CancelledJobs {
    /// Makes durable what was written down, for all images at once; returns the jobs.
    pub(super) async fn sync(self, state: &AppState) -> Result<Vec<JobNow>, CancelError> {
        // Also what an earlier request wrote down and may not have come to sync.
        let is_cancelled =
            |job: &&JobNow| matches!(job.state, JobState::Cancelled | JobState::Running);
        let images: Vec<ImageKey> =
            self.jobs.iter().filter(is_cancelled).map(|job| job.image).collect();
        let durable = state.stores.images.sync_records(&images).await;
        self.written.and(durable).map_err(CancelError::NotWrittenDown)?;
        Ok(self.jobs)
    }
}

/// A few images whose jobs are cancelled.
pub(super) struct CancelStep<'a> {
    pub(super) state: &'a AppState,
    pub(super) images: &'a [ImageKey],
    /// The models whose jobs are cancelled; `None` for all.
    pub(super) models: Option<&'a [ModelName]>,
}

/// The job store's answer for each image: its jobs and their states.
type StatesByImage = Vec<Vec<(ModelName, JobState)>>;

impl CancelStep<'_> {
    /// Cancels the unfinished ones of the selected jobs, and adds all of them as they are after
    /// that.
    pub(super) async fn cancel(&self, cancelled: &mut CancelledJobs) -> Result<(), StoresError> {
        // Read first: a request for a job that comes after this asks for it again.
        let records = self.records().await?;
        let mut answers = self.ask().await?;
        let lost = self.lost(&records, &answers);
        if !lost.is_empty() {
            // The job store was emptied: the caretaker would have them done in a moment.
            self.state.stores.jobs.submit(&lost, SubmitMode::Refill).await?;
            answers = self.ask().await?;
        }
        let lines = self.record_lines(&records, &answers).await?;
        // The others are cancelled all the same.
        let written = self.state.stores.images.append(lines).await;
        cancelled.written = std::mem::replace(&mut cancelled.written, Ok(())).and(written);

        for ((image, record), answers) in self.images.iter().zip(&records).zip(answers) {
            // The record knows what the job store has forgotten.
            let ended = record.jobs.iter().filter_map(|(model, job)| {
                let state = job.end.as_ref()?.outcome.state();
                let is_told = answers.iter().any(|(told, _)| told == model);
                (self.is_meant(model) && !is_told).then(|| (model.clone(), state))
            });
            let ended: Vec<_> = ended.collect();
            let all = answers.into_iter().chain(ended);
            let all = all.map(|(model, state)| JobNow { image: *image, model, state });
            cancelled.jobs.extend(all);
        }
        Ok(())
    }

    async fn records(&self) -> Result<Vec<ImageRecord>, ImageStoreError> {
        let record = async |image: &ImageKey| match self.state.stores.images.record(*image).await {
            // The job store may know the jobs all the same; what cannot be read is not done again.
            Err(ImageStoreError::Damaged(_)) => Ok(None),
            record => record,
        };
        let records = try_join_all(self.images.iter().map(record)).await?;
        Ok(records.into_iter().map(Option::unwrap_or_default).collect())
    }

    async fn ask(&self) -> Result<StatesByImage, StoreError> {
        let cancel = |image: &ImageKey| self.state.stores.jobs.cancel(*image, self.models);
        try_join_all(self.images.iter().map(cancel)).await
    }

    fn is_meant(&self, model: &ModelName) -> bool {
        self.models.is_none_or(|models| models.contains(model))
    }

    /// The jobs that were accepted and have not ended, and that the job store does not know.
    fn lost(&self, records: &[ImageRecord], answers: &StatesByImage) -> Vec<NewJob> {
        let mut lost = Vec::new();
        for ((image, record), answers) in self.images.iter().zip(records).zip(answers) {
            for (model, job) in &record.jobs {
                let is_known = answers.iter().any(|(known, _)| known == model);
                if job.end.is_none() && self.is_meant(model) && !is_known {
                    let id = JobId::new(*image, model.clone());
                    lost.push(NewJob { id, priority: job.priority, ended_before: false });
                }
            }
        }
        lost
    }

    /// What is not to be done, as it is written down beside the photos, so that a job store that is
    /// filled again does not do it after all.
    async fn record_lines(
        &self,
        records: &[ImageRecord],
        answers: &StatesByImage,
    ) -> Result<Vec<(ImageKey, RecordLine)>, StoreError> {
        let mut cancelled = Vec::new();
        for ((image, record), answers) in self.images.iter().zip(records).zip(answers) {
            for (model, state) in answers {
                let is_news = record.jobs.get(model).is_some_and(|job| job.end.is_none());
                if is_news && matches!(state, JobState::Cancelled | JobState::Running) {
                    cancelled.push((*image, model, record));
                }
            }
        }
        let mut images: Vec<ImageKey> = cancelled.iter().map(|(image, ..)| *image).collect();
        images.dedup();
        if images.is_empty() {
            return Ok(Vec::new());
        }
        let views = self.state.stores.jobs.status(&images).await?;
        let now = self.state.stores.clock.now();
        let line = |(image, model, record): (ImageKey, &ModelName, &ImageRecord)| {
            let at = images.iter().position(|it| *it == image)?;
            let view = views.get(at)?.iter().find(|view| view.model == *model)?;
            let request = record.jobs.get(model)?.request;
            let end = if view.cancel_asked {
                Some(JobEnd::cancelled(view, request, now))
            } else {
                JobEnd::of(view, request)
            };
            Some((image, RecordLine::from(end?)))
        };
        Ok(cancelled.into_iter().filter_map(line).collect())
    }
}
