//! `POST /predict/retry`: failed jobs get another chance.

use actix_web::{HttpResponse, web};
use photo_core::job::{FailedJob, JobOutcome, Priority, Requeue};
use photo_core::ports::{ImageStoreError, StoreError};
use photo_core::record::{Acceptance, RecordLine, Withdrawal};
use photo_core::{ImageKey, JobId, JobState, ModelName};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::AppState;
use crate::http::problem::Problem;
use crate::http::whole_number;
use crate::jobs::selection;
use crate::jobs::selection::JobSelection;

/// The most jobs that one request puts back in line.
const MOST_JOBS: u32 = 10_000;

/// How many of them in one step.
const STEP: u32 = 500;

/// How many images are looked at in one step, whose results are then in memory.
const IMAGES: usize = 20;

/// The body: the failed jobs of these images, or of these models, or of both.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RetryQuestion)]
pub(crate) struct Question {
    #[schema(value_type = Option<Vec<ImageKey>>, max_items = 10_000)]
    images: Option<Vec<String>>,
    #[schema(value_type = Option<Vec<ModelName>>, max_items = 1_000)]
    models: Option<Vec<String>>,
    /// The most jobs; 10,000 unless it is less.
    #[serde(default, deserialize_with = "whole_number::read_optional")]
    #[schema(value_type = Option<u64>, maximum = 4_294_967_295_u64)]
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RetryAnswer)]
pub(crate) struct Answer {
    requeued: u64,
}

/// A failed job and the place in line it had.
type Failed = (JobId, Priority);

/// Queues failed jobs again, with all their attempts.
pub(crate) async fn retry(
    state: web::Data<AppState>,
    body: web::Payload,
) -> Result<HttpResponse, Problem> {
    let form = "{\"images\": [\"<hash>\", …], \"models\": [\"NAME\", …], \"limit\": 100}";
    let question: Question = selection::read(body, form).await?;
    let (images, models) = (question.images.as_deref(), question.models.as_deref());
    let selected = JobSelection::read(&state, images, models, form).await?;
    let left = question.limit.unwrap_or(MOST_JOBS).min(MOST_JOBS);
    // Once it has begun it is done, also if the client is gone by then.
    let done = tokio::spawn(async move {
        let mut retry = Retry { state: &state, left, requeued: 0 };
        match selected {
            JobSelection::OfImages(images, models) => {
                retry.images(&images, models.as_deref()).await?;
            }
            JobSelection::OfModels(models) => retry.models(&models).await?,
        }
        Ok::<_, Problem>(retry.requeued)
    });
    let requeued = done.await.unwrap_or_else(|error| Err(StoreError::unavailable(error).into()))?;
    Ok(HttpResponse::Ok().json(Answer { requeued }))
}

struct Retry<'a> {
    state: &'a AppState,
    /// How many more jobs may be put back.
    left: u32,
    requeued: u64,
}

impl Retry<'_> {
    async fn images(
        &mut self,
        images: &[ImageKey],
        models: Option<&[ModelName]>,
    ) -> Result<(), Problem> {
        let mut failed = Vec::new();
        let mut steps = images.chunks(IMAGES).peekable();
        while let Some(images) = steps.next() {
            let mut found = Vec::new();
            for (image, views) in images.iter().zip(self.state.stores.jobs.status(images).await?) {
                if views.is_empty() {
                    found.extend(self.forgotten(*image).await?);
                }
                let views = views.into_iter().filter(|view| view.state == JobState::Failed);
                found.extend(views.map(|view| (JobId::new(*image, view.model), view.priority)));
            }
            found.retain(|(id, _)| models.is_none_or(|models| models.contains(&id.model)));
            failed.append(&mut found);
            // Many at once, since their records are synced together.
            if failed.len() >= STEP as usize || steps.peek().is_none() {
                self.again(&failed).await?;
                failed.clear();
            }
            if self.left == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Of each model those that failed last.
    async fn models(&mut self, models: &[ModelName]) -> Result<(), Problem> {
        for model in models {
            while self.left > 0 {
                let asked = self.left.min(STEP);
                let failures = self.state.stores.jobs.failures(model, asked).await?;
                let is_last = failures.len() < asked as usize;
                let failed = |it: FailedJob| (JobId::new(it.image, it.job.model), it.job.priority);
                let failed: Vec<Failed> = failures.into_iter().map(failed).collect();
                // Nothing is put back if somebody else is at it: then the list is theirs.
                if self.again(&failed).await? == 0 || is_last {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The failed jobs of an image that the job store has forgotten, which it is told of again.
    async fn forgotten(&self, image: ImageKey) -> Result<Vec<Failed>, Problem> {
        let record = match self.state.stores.images.record(image).await {
            Err(ImageStoreError::Damaged(_)) => None,
            record => record?,
        };
        let Some(record) = record else { return Ok(Vec::new()) };
        let ended = record.jobs.values().filter_map(|job| job.ended(image));
        let ended: Vec<_> = ended.collect();
        self.state.stores.jobs.restore(&ended).await?;
        let failed = ended.into_iter().filter(|it| matches!(it.outcome, JobOutcome::Failed(_)));
        Ok(failed.map(|job| (job.id, job.priority)).collect())
    }

    /// Writes down, durably, that these jobs are to be done again, as is done for a rerun, and then
    /// puts them back in line, as many as may be; answers how many that were.
    async fn again(&mut self, failed: &[Failed]) -> Result<u64, Problem> {
        let failed = &failed[..failed.len().min(self.left as usize)];
        if failed.is_empty() {
            return Ok(0);
        }
        let (request, at) = (Uuid::new_v4(), self.state.stores.clock.now());
        let lines = failed.iter().map(|(id, priority)| {
            let models = vec![id.model.clone()];
            let acceptance = Acceptance { request, at, priority: *priority, rerun: true, models };
            (id.image, acceptance.into())
        });
        if let Err(error) = self.write_down(lines.collect()).await {
            self.withdraw(request, failed).await;
            return Err(error.into());
        }
        let ids = failed.iter().map(|(id, _)| id.clone()).collect();
        let requeued = match self.state.stores.jobs.requeue(&Requeue::Jobs(ids)).await {
            Ok(requeued) => requeued,
            Err(error) => {
                // Of any other error nobody knows whether the jobs are in line.
                if matches!(error, StoreError::Full(_)) {
                    self.withdraw(request, failed).await;
                }
                return Err(error.into());
            }
        };
        self.requeued += requeued;
        self.left -= u32::try_from(requeued).unwrap_or(self.left).min(self.left);
        Ok(requeued)
    }

    async fn write_down(&self, lines: Vec<(ImageKey, RecordLine)>) -> Result<(), ImageStoreError> {
        let images: Vec<ImageKey> = lines.iter().map(|(image, _)| *image).collect();
        self.state.stores.images.append(lines).await?;
        self.state.stores.images.sync_records(&images).await
    }

    async fn withdraw(&self, request: Uuid, failed: &[Failed]) {
        let lines = failed.iter().map(|(id, _)| {
            (id.image, Withdrawal { request, models: vec![id.model.clone()] }.into())
        });
        if let Err(error) = self.state.stores.images.append(lines.collect()).await {
            tracing::warn!(%error, "failed jobs stay in their images' records as to be done again");
        }
    }
}
