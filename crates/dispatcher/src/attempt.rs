//! Doing one job: the photo goes to an endpoint, and the answer decides how the job ends.

use std::sync::Arc;
use std::time::Duration;

use photo_core::config::Protocol;
use photo_core::job::{ClaimedJob, Ending};
use photo_core::{ImageKey, JobError, JobErrorKind};
use serde_json::value::RawValue;
use tokio::time::Instant;
use tracing::info;

use crate::backoff::{about, full_jitter};
use crate::endpoints::{Place, Stray};
use crate::lane::Lane;
use crate::service::{Blame, Failure, Generation, Question};
use crate::settings::Settings;
use crate::tools::Tools;
use crate::work::hand_back;

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
pub async fn attempt(job: &ClaimedJob, lane: &Arc<Lane>, tools: &Arc<Tools>) -> Attempted {
    let mut tried = Vec::new();
    let mut setback = None;
    let mut refusal = None;
    while let Some(mut place) = lane.endpoints.pick(&tried) {
        let question = question(&mut place, job.lease.id.image, lane, tools).await;
        let asked = Instant::now();
        let failure = match tools.services.predict(question, &*tools.images).await {
            Ok(prediction) => {
                if place.praise() {
                    info!(model = %lane.model, url = %place.url, "endpoint works again");
                }
                let ending = Ending::Succeeded(prediction.result);
                return Attempted { ending, classes: prediction.classes };
            }
            Err(failure) => failure,
        };
        match failure.blame() {
            Blame::Service => {
                tried.push(place.id);
                if failure.is_unrouted {
                    match place.note_stray(job.lease.id.image) {
                        Stray::Endpoint => lane.set_on_trial(&place, &failure, tools),
                        Stray::Photo => refusal = Some(refused(failure.clone())),
                        Stray::Unclear => {}
                    }
                } else {
                    lane.set_down(&place, &failure, tools);
                }
                setback = Some(failure);
            }
            Blame::Photo => {
                place.heed();
                return Ending::Failed(failure.error).into();
            }
            Blame::StoredPhoto => return Ending::Failed(failure.error).into(),
            Blame::Us => {
                let after = about(tools.settings.setback);
                return Ending::Release { after, error: Some(failure.error) }.into();
            }
            Blame::Unclear if asked.elapsed() > lane.settings.timeout + OVERSLEPT => {
                return hand_back().into();
            }
            Blame::Unclear => {
                // It may be the photo; but where one after the other fails it is the service,
                // which must not use up the attempts of all jobs in line.
                if failure.error.kind != JobErrorKind::ImageMissing {
                    let suspicion = place.blame();
                    lane.give_rest(&place, &failure, suspicion, asked.elapsed(), tools);
                }
                return failed(job, lane, failure, &tools.settings).into();
            }
        }
    }
    if let Some(refusal) = refusal {
        return failed(job, lane, refusal, &tools.settings).into();
    }
    let asked_for = setback.as_ref().and_then(|failure| asked_for(failure, lane, &tools.settings));
    let after = asked_for.unwrap_or(about(tools.settings.setback));
    let error = setback.map(|failure| failure.error).or_else(|| lane.endpoints.trouble());
    Ending::Release { after, error }.into()
}

/// For how long the job is to wait because its service asks for it; not at all if another endpoint
/// works, which did not.
fn asked_for(failure: &Failure, lane: &Lane, settings: &Settings) -> Option<Duration> {
    failure.asked_for(settings.asked_cap).filter(|_| !lane.endpoints.any_ready())
}

/// The question to one endpoint, in the way it takes photos.
async fn question<'a>(
    place: &'a mut Place,
    image: ImageKey,
    lane: &Lane,
    tools: &Tools,
) -> Question<'a> {
    let generation = match lane.settings.protocol {
        Protocol::Auto => found_out(place, tools).await,
        Protocol::Multipart => Generation::Multipart,
        Protocol::Filename => Generation::Filename,
    };
    Question {
        url: &place.url,
        generation,
        image,
        timeout: lane.settings.timeout,
        max_answer_bytes: lane.settings.max_answer_bytes,
    }
}

/// The endpoint's generation, which it is asked for once while it works.
async fn found_out(place: &mut Place, tools: &Tools) -> Generation {
    if let Some(known) = place.generation {
        return known;
    }
    match tools.services.generation(&place.url).await {
        Some(generation) => {
            place.set_generation(generation);
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

fn failed(job: &ClaimedJob, lane: &Lane, failure: Failure, settings: &Settings) -> Ending {
    if job.failures.saturating_add(1) >= lane.settings.max_attempts {
        return Ending::Failed(failure.error);
    }
    let after = full_jitter(settings.retry_base, settings.retry_cap, job.failures);
    let asked_for = asked_for(&failure, lane, settings).unwrap_or_default();
    Ending::Retry { after: after.max(asked_for), error: failure.error }
}

impl From<Ending> for Attempted {
    fn from(ending: Ending) -> Self {
        Self { ending, classes: None }
    }
}
