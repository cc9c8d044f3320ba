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
use crate::jobs::selection::{self, JobSelection};

/// The most jobs that one request queues again.
const MAX_JOBS: u32 = 10_000;

/// How many of them in one step.
const MAX_REQUEUED_TOGETHER: u32 = 500;

/// How many images are read in one step, whose results are then in memory.
const MAX_IMAGES_READ_TOGETHER: usize = 20;

/// The body: the failed jobs of these images, or of these models, or of both.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RetryQuestion)]
pub(crate) struct RetryRequest {
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
pub(crate) struct RetryResponse {
    requeued: u64,
}

/// A failed job and its priority.
type RetryableJob = (JobId, Priority);

/// Queues failed jobs again, with all their attempts.
pub(crate) async fn retry(
    state: web::Data<AppState>,
    body: web::Payload,
) -> Result<HttpResponse, Problem> {
    let form = "{\"images\": [\"<hash>\", …], \"models\": [\"NAME\", …], \"limit\": 100}";
    let request: RetryRequest = selection::read(body, form).await?;
    let (images, models) = (request.images.as_deref(), request.models.as_deref());
    let selected = JobSelection::read(&state, images, models, form).await?;
    let left = request.limit.unwrap_or(MAX_JOBS).min(MAX_JOBS);
    // Once it has begun it is done, also if the client is gone by then.
    let done = tokio::spawn(async move {
        let mut retry = RetryOperation { state: &state, left, requeued: 0 };
        match selected {
            JobSelection::OfImages(images, models) => {
                retry.images(&images, models.as_deref()).await?;
            }
            JobSelection::OfModels(models) => retry.models(&models).await?,
        }
        Ok::<_, Problem>(retry.requeued)
    });
    let requeued = done.await.unwrap_or_else(|error| Err(StoreError::unavailable(error).into()))?;
    Ok(HttpResponse::Ok().json(RetryResponse { requeued }))
}

struct RetryOperation<'a> {
    state: &'a AppState,
    /// How many more jobs may be queued again.
    left: u32,
    requeued: u64,
}

impl RetryOperation<'_> {
    async fn images(
        &mut self,
        images: &[ImageKey],
        models: Option<&[ModelName]>,
    ) -> Result<(), Problem> {
        let mut failed = Vec::new();
        let mut steps = images.chunks(MAX_IMAGES_READ_TOGETHER).peekable();
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
            if failed.len() >= MAX_REQUEUED_TOGETHER as usize || steps.peek().is_none() {
                self.again(&failed).await?;
                failed.clear();
            }
            if self.left == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Retries the jobs of each model that failed last.
    async fn models(&mut self, models: &[ModelName]) -> Result<(), Problem> {
        for model in models {
            while self.left > 0 {
                let asked = self.left.min(MAX_REQUEUED_TOGETHER);
                let failures = self.state.stores.jobs.failures(model, asked).await?;
                let is_last = failures.len() < asked as usize;
                let failed = |it: FailedJob| (JobId::new(it.image, it.job.model), it.job.priority);
                let failed: Vec<RetryableJob> = failures.into_iter().map(failed).collect();
                // Nothing is queued if another request retries the same jobs: then the list is its
                // own.
                if self.again(&failed).await? == 0 || is_last {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Restores the ended jobs of an image that the job store has forgotten; returns the failed
    /// ones.
    async fn forgotten(&self, image: ImageKey) -> Result<Vec<RetryableJob>, Problem> {
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

    /// Writes down, durably, that these jobs are to be done again, as for a rerun, and then queues
    /// as many of them as the request may; returns how many that were.
    async fn again(&mut self, failed: &[RetryableJob]) -> Result<u64, Problem> {
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
                // After any other error it is not known whether the jobs are queued.
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

    async fn withdraw(&self, request: Uuid, failed: &[RetryableJob]) {
        let lines = failed.iter().map(|(id, _)| {
            (id.image, Withdrawal { request, models: vec![id.model.clone()] }.into())
        });
        if let Err(error) = self.state.stores.images.append(lines.collect()).await {
            tracing::warn!(%error, "failed jobs stay in their images' records as to be done again");
        }
    }
}
