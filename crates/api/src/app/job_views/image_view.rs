//! How far one image has come, as `GET /predict/<md5>` and others tell it.

use std::collections::BTreeMap;

use photo_core::job::{JobView, Priority};
use photo_core::{ImageKey, ImageStatus, JobError, JobState, ModelName, UnixMillis};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::app::progress::Progress;

/// How far one image has come.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImageView {
    image: ImageKey,
    pub(crate) status: ImageStatus,
    /// What the models that succeeded answered, as they wrote it.
    #[schema(value_type = BTreeMap<ModelName, serde_json::Value>)]
    results: BTreeMap<ModelName, Box<RawValue>>,
    /// The jobs by their models.
    jobs: BTreeMap<ModelName, JobDetail>,
    /// What is wrong with the photo, in sentences: that it is cut short or damaged, for example.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, min_items = 1)]
    notes: Vec<String>,
}

/// How far one job has come.
#[derive(Serialize, ToSchema)]
#[schema(as = Job)]
struct JobDetail {
    state: JobState,
    /// How often a dispatcher took the job.
    attempts: u32,
    /// How many attempts failed.
    failures: u32,
    priority: Priority,
    /// When it was first asked for, or last asked for again.
    submitted_at: UnixMillis,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    started_at: Option<UnixMillis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    finished_at: Option<UnixMillis>,
    /// Why the job waits, and until when if it is for a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    waiting: Option<Waiting>,
    /// What ended the job, or what its last attempt failed of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    error: Option<JobError>,
    /// Whether somebody asked for the running job not to be done.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    cancel_asked: bool,
    /// How far off the job is, if it is not finished and its image was asked for alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    progress: Option<Progress>,
}

#[derive(Serialize, ToSchema)]
struct Waiting {
    /// Why, in words.
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    until: Option<UnixMillis>,
}

impl ImageView {
    pub(crate) fn new(image: ImageKey, jobs: Vec<JobView>, notes: Option<Vec<String>>) -> Self {
        let status = ImageStatus::of(jobs.iter().map(|job| (job.state, job.attempts > 0)));
        let (results, jobs_by_model) = (BTreeMap::new(), BTreeMap::new());
        let notes = notes.unwrap_or_default();
        let mut view = Self { image, status, results, jobs: jobs_by_model, notes };
        for mut job in jobs {
            if let Some(result) = job.result.take() {
                view.results.insert(job.model.clone(), result);
            }
            view.jobs.insert(job.model.clone(), JobDetail::new(job));
        }
        view
    }

    /// Adds how far off the unfinished jobs are.
    pub(crate) fn add_progress(&mut self, progress: BTreeMap<ModelName, Progress>) {
        for (model, progress) in progress {
            if let Some(job) = self.jobs.get_mut(&model) {
                job.progress = Some(progress);
            }
        }
    }
}

impl JobDetail {
    fn new(job: JobView) -> Self {
        let waiting = (job.state == JobState::Waiting).then(|| {
            let reason = job.held_by_model.as_ref().or(job.error.as_ref());
            Waiting {
                reason: reason.map_or_else(|| "to be tried again".to_owned(), JobError::to_string),
                until: job.due_at,
            }
        });
        Self {
            state: job.state,
            attempts: job.attempts,
            failures: job.failures,
            priority: job.priority,
            submitted_at: job.submitted_at,
            started_at: job.started_at,
            finished_at: job.state.is_final().then_some(job.changed_at),
            waiting,
            error: job.error,
            cancel_asked: job.cancel_asked,
            progress: None,
        }
    }
}
