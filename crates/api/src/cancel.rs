//! `POST /predict/cancel`: jobs that nobody wants any more.

use actix_web::{HttpResponse, web};
use futures_util::future::try_join_all;
use photo_core::job::{NewJob, SubmitMode};
use photo_core::ports::{ImageStoreError, StoreError};
use photo_core::record::{ImageRecord, JobEnd, RecordLine};
use photo_core::{ImageKey, JobId, JobState, ModelName};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::named;
use crate::state::AppState;

/// How many images are looked at in one step, at the same time; their results are then in memory.
const STEP: usize = 20;

/// The most jobs that one answer tells of.
const MOST_JOBS: usize = 100_000;

/// The body.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CancelQuestion)]
pub(crate) struct Question {
    #[schema(value_type = Vec<ImageKey>, max_items = 10_000)]
    images: Vec<String>,
    /// All models if there are none.
    #[schema(value_type = Option<Vec<ModelName>>, max_items = 1_000)]
    models: Option<Vec<String>>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CancelAnswer)]
pub(crate) struct Answer {
    jobs: Vec<JobNow>,
}

/// A job and the state it is in after this. One that runs is cancelled as soon as its dispatcher
/// lets go of it.
#[derive(Serialize, ToSchema)]
struct JobNow {
    image: ImageKey,
    model: ModelName,
    state: JobState,
}

/// Asks for jobs not to be done.
pub(crate) async fn cancel(
    state: web::Data<AppState>,
    body: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let question: Question =
        named::read(body, "{\"images\": [\"<hash>\", …], \"models\": [\"NAME\", …]}").await?;
    let images = named::images(&question.images)?;
    let models = match &question.models {
        Some(names) => Some(named::models(&state, names).await?),
        None => None,
    };
    // Once it has begun it is done, also if the client is gone by then.
    let done = tokio::spawn(cancel_all(state, images, models)).await;
    let jobs = done.unwrap_or_else(|error| Err(StoreError::unavailable(error).into()))?;
    Ok(HttpResponse::Ok().json(Answer { jobs }))
}

async fn cancel_all(
    state: web::Data<AppState>,
    images: Vec<ImageKey>,
    models: Option<Vec<ModelName>>,
) -> Result<Vec<JobNow>, ApiError> {
    let (mut jobs, mut written) = (Vec::new(), Ok(()));
    for images in images.chunks(STEP) {
        let step = Step { state: &state, images, models: models.as_deref() };
        let (step_jobs, step_written) = step.cancel().await?;
        jobs.extend(step_jobs);
        // The others are cancelled all the same.
        written = written.and(step_written);
        if jobs.len() > MOST_JOBS {
            return Err(ApiError::BadRequest(format!(
                "The images have more than {MOST_JOBS} jobs, some of which were cancelled. Name \
                 fewer images at once."
            )));
        }
    }
    // All together, and also what an earlier request wrote down and may not have come to sync.
    let is_cancelled = |job: &&JobNow| matches!(job.state, JobState::Cancelled | JobState::Running);
    let cancelled: Vec<ImageKey> = jobs.iter().filter(is_cancelled).map(|job| job.image).collect();
    let durable = state.images.sync_records(&cancelled).await;
    written.and(durable).map_err(ApiError::NotWrittenDown)?;
    Ok(jobs)
}

/// A few images whose jobs are cancelled.
struct Step<'a> {
    state: &'a AppState,
    images: &'a [ImageKey],
    models: Option<&'a [ModelName]>,
}

/// What the job store answers about each image.
type Answers = Vec<Vec<(ModelName, JobState)>>;

impl Step<'_> {
    /// Answers the jobs, and whether what is cancelled could be written down.
    async fn cancel(&self) -> Result<(Vec<JobNow>, Result<(), ImageStoreError>), ApiError> {
        // Read before: who asks for a job after this has asked for it again.
        let records = self.records().await?;
        let mut answers = self.ask().await?;
        let lost = self.lost(&records, &answers);
        if !lost.is_empty() {
            // The job store was emptied: the caretaker would have them done in a moment.
            self.state.jobs.submit(&lost, SubmitMode::Refill).await?;
            answers = self.ask().await?;
        }
        let lines = self.lines(&records, &answers).await?;
        let written = self.state.images.append(lines).await;

        let mut jobs = Vec::new();
        for ((image, record), answers) in self.images.iter().zip(&records).zip(answers) {
            // What the job store has forgotten is told by the record.
            let ended = record.jobs.iter().filter_map(|(model, job)| {
                let state = job.end.as_ref()?.outcome.state();
                let is_told = answers.iter().any(|(told, _)| told == model);
                (self.is_meant(model) && !is_told).then(|| (model.clone(), state))
            });
            let ended: Vec<_> = ended.collect();
            let all = answers.into_iter().chain(ended);
            jobs.extend(all.map(|(model, state)| JobNow { image: *image, model, state }));
        }
        Ok((jobs, written))
    }

    async fn records(&self) -> Result<Vec<ImageRecord>, ImageStoreError> {
        let records = self.images.iter().map(|image| self.state.images.record(*image));
        let records = try_join_all(records).await?;
        Ok(records.into_iter().map(Option::unwrap_or_default).collect())
    }

    async fn ask(&self) -> Result<Answers, StoreError> {
        let cancel = |image: &ImageKey| self.state.jobs.cancel(*image, self.models);
        try_join_all(self.images.iter().map(cancel)).await
    }

    fn is_meant(&self, model: &ModelName) -> bool {
        self.models.is_none_or(|models| models.contains(model))
    }

    /// The jobs that were accepted and have not ended, and that the job store does not know.
    fn lost(&self, records: &[ImageRecord], answers: &Answers) -> Vec<NewJob> {
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
    async fn lines(
        &self,
        records: &[ImageRecord],
        answers: &Answers,
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
        let views = self.state.jobs.status(&images).await?;
        let now = self.state.clock.now();
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
