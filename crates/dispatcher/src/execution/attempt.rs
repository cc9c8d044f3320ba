//! Doing one job: the photo goes to an endpoint, and the answer decides how the job ends.

use std::sync::Arc;
use std::time::Duration;

use photo_config::Protocol;
use photo_core::job::{ClaimedJob, Ending};
use photo_core::{ImageKey, JobError, JobErrorKind};
use serde_json::value::RawValue;
use tokio::time::Instant;
use tracing::info;

use super::ModelWorker;
use crate::backoff::{about, full_jitter};
use crate::context::DispatcherContext;
use crate::endpoints::{EndpointPermit, Stray};
use crate::service::{Blame, Failure, Generation, Question};
use crate::settings::Settings;

/// A call that took so much longer than it may has an excuse: for part of that time this process
/// did not run, and the answer may have come and gone.
const OVERSLEPT: Duration = Duration::from_secs(1);

/// What came of an attempt.
#[derive(Debug)]
pub struct Attempted {
    /// How it ends.
    pub ending: Ending,
    /// What the model said that it can say.
    pub classes: Option<Box<RawValue>>,
}

/// Asks one endpoint after the other until one takes the job. One that cannot work now goes out
/// of use, and the job is none the worse for it.
pub async fn attempt(
    job: &ClaimedJob,
    worker: &Arc<ModelWorker>,
    context: &Arc<DispatcherContext>,
) -> Attempted {
    let mut tried = Vec::new();
    let mut setback = None;
    let mut refusal = None;
    while let Some(mut permit) = worker.endpoints.pick(&tried) {
        let question = question(&mut permit, job.lease.id.image, worker, context).await;
        let asked = Instant::now();
        let failure = match context.services.predict(question, &*context.images).await {
            Ok(prediction) => {
                if permit.record_success() {
                    info!(model = %worker.model, url = %permit.url, "endpoint works again");
                }
                let ending = Ending::Succeeded(prediction.result);
                return Attempted { ending, classes: prediction.classes };
            }
            Err(failure) => failure,
        };
        match failure.blame() {
            Blame::Service => {
                tried.push(permit.id);
                if failure.is_unrouted {
                    match permit.note_stray(job.lease.id.image) {
                        Stray::Endpoint => worker.set_on_trial(&permit, &failure, context),
                        Stray::Photo => refusal = Some(refused(failure.clone())),
                        Stray::Unclear => {}
                    }
                } else {
                    worker.set_down(&permit, &failure, context);
                }
                setback = Some(failure);
            }
            Blame::Photo => {
                permit.record_rejection();
                return Ending::Failed(failure.error).into();
            }
            Blame::StoredPhoto => return Ending::Failed(failure.error).into(),
            Blame::Us => {
                let after = about(context.settings.setback);
                return Ending::Release { after, error: Some(failure.error) }.into();
            }
            Blame::Unclear if asked.elapsed() > worker.settings.timeout + OVERSLEPT => {
                return hand_back().into();
            }
            Blame::Unclear => {
                // It may be the photo; but where one after the other fails it is the service,
                // which must not use up the attempts of all queued jobs.
                if failure.error.kind != JobErrorKind::ImageMissing {
                    let suspicion = permit.record_failure();
                    worker.give_rest(&permit, &failure, suspicion, asked.elapsed(), context);
                }
                return failed(job, worker, failure, &context.settings).into();
            }
        }
    }
    if let Some(refusal) = refusal {
        return failed(job, worker, refusal, &context.settings).into();
    }
    let asked_for =
        setback.as_ref().and_then(|failure| asked_for(failure, worker, &context.settings));
    let after = asked_for.unwrap_or(about(context.settings.setback));
    let error = setback.map(|failure| failure.error).or_else(|| worker.endpoints.trouble());
    Ending::Release { after, error }.into()
}

/// The ending of a job that is queued again as if it had not been claimed.
pub fn hand_back() -> Ending {
    Ending::Release { after: Duration::ZERO, error: None }
}

/// For how long the job is to wait because its service asks for it; not at all if another endpoint
/// works, which did not.
fn asked_for(failure: &Failure, worker: &ModelWorker, settings: &Settings) -> Option<Duration> {
    failure.asked_for(settings.asked_cap).filter(|_| !worker.endpoints.any_ready())
}

/// The question to one endpoint, in the way it takes photos.
async fn question<'a>(
    permit: &'a mut EndpointPermit,
    image: ImageKey,
    worker: &ModelWorker,
    context: &DispatcherContext,
) -> Question<'a> {
    let generation = match worker.settings.protocol {
        Protocol::Auto => found_out(permit, context).await,
        Protocol::Multipart => Generation::Multipart,
        Protocol::Filename => Generation::Filename,
    };
    Question {
        url: &permit.url,
        generation,
        image,
        timeout: worker.settings.timeout,
        max_answer_bytes: worker.settings.max_answer_bytes,
    }
}

/// The endpoint's generation, which it is asked for once while it works.
async fn found_out(permit: &mut EndpointPermit, context: &DispatcherContext) -> Generation {
    if let Some(known) = permit.generation {
        return known;
    }
    match context.services.generation(&permit.url).await {
        Some(generation) => {
            permit.set_generation(generation);
            generation
        }
        None => Generation::Either,
    }
}

/// The same failure where it is about the photo.
fn refused(mut failure: Failure) -> Failure {
    failure.error = JobError { kind: JobErrorKind::Refused, ..failure.error };
    failure
}

fn failed(job: &ClaimedJob, worker: &ModelWorker, failure: Failure, settings: &Settings) -> Ending {
    if job.failures.saturating_add(1) >= worker.settings.max_attempts {
        return Ending::Failed(failure.error);
    }
    let after = full_jitter(settings.retry_base, settings.retry_cap, job.failures);
    let asked_for = asked_for(&failure, worker, settings).unwrap_or_default();
    Ending::Retry { after: after.max(asked_for), error: failure.error }
}

impl From<Ending> for Attempted {
    fn from(ending: Ending) -> Self {
        Self { ending, classes: None }
    }
}
