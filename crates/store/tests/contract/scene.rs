//! Short words for what the cases do all the time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use photo_core::job::PriorityWeights;
use photo_core::job::{
    Ack, ClaimRequest, Claimed, ClaimedJob, DispatcherId, EndedJob, Ending, Finish, JobOutcome,
    JobView, Lease, ModelStats, NewJob, Priority, SubmitMode, Submitted, Want,
};
use photo_core::ports::JobStore;
use photo_core::{Clock, ImageKey, JobError, JobErrorKind, JobId, JobState, ModelName, UnixMillis};
use serde_json::value::RawValue;

use super::{Harness, LEASE};

/// A limit that no case reaches.
pub const NO_LIMIT: u32 = 1_000_000;

/// A fresh store and one dispatcher.
pub struct Scene<H> {
    // Let go of before the harness, which may remove what the store stands on.
    pub store: Arc<dyn JobStore>,
    pub dispatcher: DispatcherId,
    harness: H,
}

impl<H: Harness> Scene<H> {
    pub async fn start() -> Self {
        let harness = H::start().await;
        let store = harness.store();
        Self { store, dispatcher: DispatcherId::random(), harness }
    }

    pub fn advance(&self, by: Duration) {
        self.harness.advance(by);
    }

    pub fn set_back(&self, by: Duration) {
        self.harness.set_back(by);
    }

    pub fn set_forward(&self, by: Duration) {
        self.harness.set_forward(by);
    }

    pub async fn submit(&self, ids: &[JobId]) -> Vec<Submitted> {
        self.submit_as(ids, Priority::Normal, SubmitMode::New).await
    }

    pub async fn rerun(&self, ids: &[JobId]) -> Vec<Submitted> {
        self.submit_as(ids, Priority::Normal, SubmitMode::Rerun).await
    }

    pub async fn submit_as(
        &self,
        ids: &[JobId],
        priority: Priority,
        mode: SubmitMode,
    ) -> Vec<Submitted> {
        let new = |id: &JobId| NewJob { id: id.clone(), priority, ended_before: false };
        let jobs: Vec<NewJob> = ids.iter().map(new).collect();
        self.store.submit(&jobs, mode).await.unwrap()
    }

    pub async fn refill(&self, ids: &[JobId]) -> Vec<Submitted> {
        self.submit_as(ids, Priority::Normal, SubmitMode::Refill).await
    }

    /// Submits jobs that ended before, as their records say.
    pub async fn submit_ended(&self, ids: &[JobId], mode: SubmitMode) -> Vec<Submitted> {
        let priority = Priority::Normal;
        let new = |id: &JobId| NewJob { id: id.clone(), priority, ended_before: true };
        let jobs: Vec<NewJob> = ids.iter().map(new).collect();
        self.store.submit(&jobs, mode).await.unwrap()
    }

    /// What the scene's dispatcher gets of one model.
    pub async fn claim(&self, model: &str, slots: u32) -> Vec<ClaimedJob> {
        self.claim_as(self.dispatcher, model, slots, NO_LIMIT).await.jobs
    }

    pub async fn claim_as(
        &self,
        dispatcher: DispatcherId,
        model: &str,
        slots: u32,
        limit: u32,
    ) -> Claimed {
        self.store.claim(&request(dispatcher, &[(model, slots, limit)])).await.unwrap()
    }

    /// The one job that is there to be claimed.
    pub async fn claim_one(&self, model: &str) -> ClaimedJob {
        let mut jobs = self.claim(model, 2).await;
        assert_eq!(jobs.len(), 1, "one job of {model} is to be claimed: {jobs:?}");
        jobs.remove(0)
    }

    /// Submits a job and claims it. Nothing else of its model may be in line.
    pub async fn running(&self, id: &JobId) -> Lease {
        assert_eq!(self.submit(std::slice::from_ref(id)).await, [Submitted::Queued]);
        let claimed = self.claim_one(id.model.as_str()).await;
        assert_eq!(claimed.lease.id, *id);
        claimed.lease
    }

    /// Submits a job and fails it.
    pub async fn failed(&self, id: &JobId) {
        let lease = self.running(id).await;
        assert_eq!(self.finish(&lease, failure("no good")).await, Ack::Recorded);
    }

    /// Submits a job and lets it succeed.
    pub async fn succeeded(&self, id: &JobId) {
        let lease = self.running(id).await;
        assert_eq!(self.finish(&lease, success("1")).await, Ack::Recorded);
    }

    pub async fn finish(&self, lease: &Lease, ending: Ending) -> Ack {
        let endings = [Finish { lease: lease.clone(), ending }];
        let finished = self.store.finish(&endings, None).await.unwrap();
        assert_eq!(finished.acks.len(), 1);
        finished.acks[0]
    }

    /// Cancels one job; the state it is in after that.
    pub async fn cancel(&self, id: &JobId) -> JobState {
        let models = [id.model.clone()];
        let answers = self.store.cancel(id.image, Some(&models)).await.unwrap();
        assert_eq!(answers.len(), 1, "{id}");
        assert_eq!(answers[0].0, id.model);
        answers[0].1
    }

    pub async fn find(&self, id: &JobId) -> Option<JobView> {
        let mut images = self.store.status(&[id.image]).await.unwrap();
        assert_eq!(images.len(), 1);
        images.remove(0).into_iter().find(|job| job.model == id.model)
    }

    pub async fn view(&self, id: &JobId) -> JobView {
        self.find(id).await.unwrap_or_else(|| panic!("{id} exists"))
    }

    pub async fn state(&self, id: &JobId) -> JobState {
        self.view(id).await.state
    }

    pub async fn stats(&self, model_name: &str) -> ModelStats {
        let mut stats = self.store.stats(Some(&[model(model_name)])).await.unwrap();
        assert_eq!(stats.len(), 1);
        stats.remove(0)
    }

    pub async fn counter(&self, model_name: &str, counter: &str) -> u64 {
        self.stats(model_name).await.counters[counter]
    }
}

pub fn request(dispatcher: DispatcherId, wants: &[(&str, u32, u32)]) -> ClaimRequest {
    let wants = wants.iter().map(|(name, slots, limit)| Want {
        model: model(name),
        slots: *slots,
        limit: *limit,
    });
    ClaimRequest {
        dispatcher,
        lease: LEASE,
        weights: PriorityWeights::default(),
        wants: wants.collect(),
    }
}

pub fn model(name: &str) -> ModelName {
    name.parse().unwrap()
}

pub fn image(number: u32) -> ImageKey {
    let mut bytes = [0xA5; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    ImageKey::from_bytes(bytes)
}

pub fn job(number: u32, model_name: &str) -> JobId {
    JobId::new(image(number), model(model_name))
}

/// The jobs of one model on the images with these numbers.
pub fn jobs(numbers: impl IntoIterator<Item = u32>, model_name: &str) -> Vec<JobId> {
    numbers.into_iter().map(|number| job(number, model_name)).collect()
}

pub fn ids(claimed: &[ClaimedJob]) -> Vec<JobId> {
    claimed.iter().map(|job| job.lease.id.clone()).collect()
}

pub fn json(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).unwrap()
}

pub fn error(message: &str) -> JobError {
    JobError::new(JobErrorKind::ServerError, message).with_status(500)
}

pub fn success(result: &str) -> Ending {
    Ending::Succeeded(json(result))
}

pub fn failure(message: &str) -> Ending {
    Ending::Failed(error(message))
}

pub fn retry(after: Duration) -> Ending {
    Ending::Retry { after, error: error("try again") }
}

pub fn release(after: Duration) -> Ending {
    Ending::Release { after, error: None }
}

/// That `due`, answered to a question asked at `since`, is `expected` from then on. The answer is
/// earlier by the time that has passed, and by rounding to milliseconds.
pub fn assert_due(due: Option<Duration>, expected: Duration, since: Instant) {
    let due = due.expect("something is on its way");
    let least = expected.saturating_sub(since.elapsed() + Duration::from_millis(2));
    assert!(due <= expected && due >= least, "{due:?} is not {expected:?}");
}

/// A job that ended a while before the tests began to move the clock.
pub fn ended(id: JobId, outcome: JobOutcome) -> EndedJob {
    let now = Clock::default().now().0;
    EndedJob {
        id,
        priority: Priority::Normal,
        attempts: 1,
        failures: 0,
        submitted_at: UnixMillis(now - 3_000),
        started_at: Some(UnixMillis(now - 2_000)),
        ended_at: UnixMillis(now - 1_000),
        outcome,
    }
}
