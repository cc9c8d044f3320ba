//! `GET /failures`: the latest failures by model and reason.

use std::cmp::Reverse;
use std::collections::HashMap;

use actix_web::{HttpRequest, HttpResponse, web};
use photo_core::job::{FailedJob, ModelStats};
use photo_core::{ImageKey, JobError, JobErrorKind, ModelName, UnixMillis};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::AppState;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::jobs::{error_fingerprint, selection};

/// How many failures are listed unless the query says otherwise, and at most.
const DEFAULT_LISTED: usize = 100;
const MAX_LISTED: usize = 1_000;

/// How many failures are read over all models. Each costs the job store a look at a job.
const MAX_FAILURES_READ: u32 = 20_000;

/// How many images of a group are named.
const MAX_IMAGES_PER_GROUP: usize = 10;

/// What the query may say.
pub(crate) const KEYS: &[&str] = &["model", "limit"];

#[derive(Serialize, ToSchema)]
#[schema(as = Failures)]
pub(crate) struct FailuresResponse {
    /// The failures looked at, the largest group first.
    groups: Vec<FailureGroup>,
    /// The latest of them, the latest first.
    failures: Vec<Failure>,
    /// Whether there are more than were looked at.
    truncated: bool,
}

/// Failures of one model that have their reason in common.
#[derive(Serialize, ToSchema)]
#[schema(as = FailureGroup)]
struct FailureGroup {
    model: ModelName,
    #[schema(required)]
    kind: Option<JobErrorKind>,
    /// The error's text without what differs from one job to the next.
    reason: String,
    /// How many there are.
    count: u64,
    latest_at: UnixMillis,
    /// Those that failed last.
    images: Vec<ImageKey>,
}

#[derive(Serialize, ToSchema)]
struct Failure {
    image: ImageKey,
    model: ModelName,
    #[schema(required)]
    error: Option<JobError>,
    failed_at: UnixMillis,
    attempts: u32,
}

/// Tells what failed.
pub(crate) async fn list(
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, Problem> {
    let query = Query::parse(request.query_string());
    let models = match query.get("model") {
        Some(name) => Some(selection::models(&state, &[name.to_owned()]).await?),
        None => None,
    };
    let limit = query.number("limit")?.map(|limit| usize::try_from(limit).unwrap_or(MAX_LISTED));
    let limit = limit.unwrap_or(DEFAULT_LISTED).min(MAX_LISTED);

    let mut stats = state.stores.jobs.stats(models.as_deref()).await?;
    stats.retain(|stats| stats.failed > 0);
    let models = u32::try_from(stats.len()).unwrap_or(u32::MAX);
    let most = (MAX_FAILURES_READ / models.max(1)).clamp(1, FailedJob::MOST);
    let mut overview = FailureOverview { limit, ..FailureOverview::default() };
    for ModelStats { model, failed, .. } in stats {
        let failures = state.stores.jobs.failures(&model, most).await?;
        overview.truncated |= failed > u64::from(most);
        overview.add(failures);
    }
    Ok(HttpResponse::Ok().json(overview.into_response()))
}

/// What was seen so far.
#[derive(Default)]
struct FailureOverview {
    groups: HashMap<(ModelName, Option<JobErrorKind>, String), FailureGroup>,
    failures: Vec<Failure>,
    limit: usize,
    truncated: bool,
}

impl FailureOverview {
    /// Takes in the failures of one model, the latest first.
    fn add(&mut self, failures: Vec<FailedJob>) {
        for (number, FailedJob { image, job }) in failures.into_iter().enumerate() {
            let (model, failed_at) = (job.model, job.changed_at);
            let kind = job.error.as_ref().map(|error| error.kind);
            let reason =
                job.error.as_ref().map(|error| error_fingerprint::fingerprint(&error.message));
            let key = (model.clone(), kind, reason.unwrap_or_default());
            let group =
                self.groups.entry(key).or_insert_with_key(|(model, kind, reason)| FailureGroup {
                    model: model.clone(),
                    kind: *kind,
                    reason: reason.clone(),
                    count: 0,
                    latest_at: failed_at,
                    images: Vec::new(),
                });
            group.count += 1;
            if group.images.len() < MAX_IMAGES_PER_GROUP {
                group.images.push(image);
            }
            if number < self.limit {
                let (error, attempts) = (job.error, job.attempts);
                self.failures.push(Failure { image, model, error, failed_at, attempts });
            }
        }
        self.failures.sort_by_key(|failure| Reverse(failure.failed_at));
        self.failures.truncate(self.limit);
    }

    fn into_response(self) -> FailuresResponse {
        let mut groups: Vec<FailureGroup> = self.groups.into_values().collect();
        groups.sort_by(|one, other| {
            let order = |it: &FailureGroup| (Reverse(it.count), Reverse(it.latest_at));
            order(one).cmp(&order(other)).then_with(|| one.model.cmp(&other.model))
        });
        FailuresResponse { groups, failures: self.failures, truncated: self.truncated }
    }
}
