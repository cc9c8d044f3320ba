//! A server, stores on it, and short words for what the tests do all the time.

use std::time::Duration;

use deadpool_redis::redis::{Client, Connection};
use photo_core::job::PriorityWeights;
use photo_core::job::{
    Ack, ClaimRequest, ClaimedJob, DispatcherId, DispatcherReport, EndedJob, Ending, Finish,
    JobOutcome, Lease, NewJob, Priority, SubmitMode, Submitted, Want,
};
use photo_core::ports::{JobStore, StoreError};
use photo_core::{Clock, ImageKey, JobError, JobErrorKind, JobId, JobState, ModelName, UnixMillis};
use photo_store::Settings;
use photo_store::redis::{RedisJobStore, Unfit};
use photo_tests::redis_server::RedisServer;
use serde_json::value::RawValue;

/// How long finished jobs are kept in these tests.
pub const RETENTION: Duration = Duration::from_hours(1);
/// Far longer than anything here takes.
pub const DEADLINE: Duration = Duration::from_mins(1);

/// What a dispatcher says of itself.
pub fn report() -> DispatcherReport {
    DispatcherReport {
        id: DispatcherId::random(),
        host: "host".to_owned(),
        pid: 1,
        version: "1.0.0".to_owned(),
        started_at: UnixMillis(1_700_000_000_000),
        in_flight: 0,
        stopping: false,
        endpoints: Vec::new(),
    }
}

pub fn settings() -> Settings {
    Settings { retention: RETENTION, ..Settings::default() }
}

pub async fn connect(server: &RedisServer) -> Result<RedisJobStore, Unfit> {
    RedisJobStore::connect(&server.url(), settings(), Clock::default()).await
}

/// A store, its clock, and one dispatcher that uses it.
pub struct Scene {
    pub store: RedisJobStore,
    pub clock: Clock,
    pub dispatcher: DispatcherId,
}

impl Scene {
    pub async fn on(server: &RedisServer) -> Self {
        Self::with(server, settings()).await
    }

    pub async fn with(server: &RedisServer, settings: Settings) -> Self {
        Self::at(&server.url(), settings).await
    }

    pub async fn at(url: &str, settings: Settings) -> Self {
        let clock = Clock::default();
        let store = RedisJobStore::connect(url, settings, clock.clone()).await.unwrap();
        Self { store, clock, dispatcher: DispatcherId::random() }
    }

    pub async fn submit(&self, ids: &[JobId]) -> Result<Vec<Submitted>, StoreError> {
        let new =
            |id: &JobId| NewJob { id: id.clone(), priority: Priority::Normal, ended_before: false };
        let jobs: Vec<_> = ids.iter().map(new).collect();
        self.store.submit(&jobs, SubmitMode::New).await
    }

    pub async fn claim(&self, model_name: &str, slots: u32) -> Result<Vec<ClaimedJob>, StoreError> {
        let want = Want { model: model(model_name), slots, limit: 1_000 };
        let request = ClaimRequest {
            dispatcher: self.dispatcher,
            lease: Duration::from_mins(1),
            weights: PriorityWeights::default(),
            wants: vec![want],
        };
        Ok(self.store.claim(&request).await?.jobs)
    }

    pub async fn finish(&self, lease: &Lease, ending: Ending) -> Result<Ack, StoreError> {
        let endings = [Finish { lease: lease.clone(), ending }];
        Ok(self.store.finish(&endings, None).await?.acks[0])
    }

    /// Submits, claims and ends one job.
    pub async fn ended(&self, id: &JobId, ending: Ending) {
        self.submit(std::slice::from_ref(id)).await.unwrap();
        let claimed = self.claim(id.model.as_str(), 1).await.unwrap();
        assert_eq!(claimed[0].lease.id, *id);
        assert_eq!(self.finish(&claimed[0].lease, ending).await.unwrap(), Ack::Recorded);
    }

    pub async fn state(&self, id: &JobId) -> Option<JobState> {
        let images = self.store.status(&[id.image]).await.unwrap();
        images[0].iter().find(|view| view.model == id.model).map(|view| view.state)
    }
}

/// Waits until the store can be used again.
pub async fn recovers(store: &RedisJobStore) {
    let recovered = async {
        while store.ping().await.is_err() || store.stats(None).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(DEADLINE, recovered).await.unwrap();
}

/// A connection that has nothing to do with the store.
pub fn behind_its_back(server: &RedisServer) -> Connection {
    Client::open(server.url()).unwrap().get_connection().unwrap()
}

pub fn model(name: &str) -> ModelName {
    name.parse().unwrap()
}

pub fn job(number: u8, model_name: &str) -> JobId {
    JobId::new(ImageKey::from_bytes([number; 16]), model(model_name))
}

pub fn success() -> Ending {
    Ending::Succeeded(RawValue::from_string("{\"cat\": 0.5}".to_owned()).unwrap())
}

pub fn error() -> JobError {
    JobError::new(JobErrorKind::ServerError, "it broke")
}

/// A job that ended before, as its image's record keeps it.
pub fn ended_before(id: JobId, outcome: JobOutcome) -> EndedJob {
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
