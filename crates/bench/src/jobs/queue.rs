//! The queue without photos and models: jobs are put in line, claimed and finished.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use futures_util::future::try_join_all;
use photo_core::job::PriorityWeights;
use photo_core::job::{
    Ack, ClaimRequest, DispatcherId, Ending, Finish, Lease, NewJob, Priority, SubmitMode, Want,
};
use photo_core::ports::JobStore;
use photo_core::{ImageKey, JobId, ModelName};
use photo_store::redis::RedisJobStore;
use serde_json::value::RawValue;

/// How many jobs are claimed, and finished, at a time.
pub const BATCH: u32 = 64;

/// How many do that side by side.
pub const TASKS: usize = 4;

/// How long a claimed job is its claimer's.
pub const LEASE: Duration = Duration::from_secs(15);

/// What every job comes to.
pub const ANSWER: &str = r#"{"isGreen":0,"isRed":1}"#;

/// How many jobs are put in line at a time.
const SUBMITTED_TOGETHER: usize = 500;

/// One way to claim and finish jobs.
pub trait Queue {
    /// Jobs that were claimed.
    type Held: Default;

    /// Finishes all jobs that are held and claims the next batch, in one trip. Answers what was
    /// claimed, and how many jobs that is.
    async fn cycle(&self, held: Self::Held) -> anyhow::Result<(Self::Held, usize)>;
}

/// Works a queue off; answers after what time each tenth of `jobs` was done.
pub async fn drain(queue: &impl Queue, jobs: usize) -> anyhow::Result<Vec<Duration>> {
    let start = Instant::now();
    let (done, tenths) = (Cell::new(0), RefCell::new(Vec::new()));
    let worker = async || {
        let (mut held, mut claimed) = queue.cycle(Default::default()).await?;
        while claimed > 0 {
            let finished = claimed;
            (held, claimed) = queue.cycle(held).await?;
            done.set(done.get() + finished);
            let mut tenths = tenths.borrow_mut();
            while tenths.len() < 10 && done.get() * 10 >= jobs * (tenths.len() + 1) {
                tenths.push(start.elapsed());
            }
        }
        anyhow::Ok(())
    };
    try_join_all((0..TASKS).map(|_| worker())).await?;
    ensure!(done.get() == jobs, "{} of {jobs} jobs were done", done.get());
    Ok(tenths.into_inner())
}

/// Our queue, as dispatchers use it.
pub struct Ours {
    store: Arc<RedisJobStore>,
    model: ModelName,
    dispatcher: DispatcherId,
    answer: Box<RawValue>,
}

impl Ours {
    /// The queue of one model.
    pub fn new(store: Arc<RedisJobStore>, model: ModelName) -> anyhow::Result<Self> {
        let answer = RawValue::from_string(ANSWER.to_owned())?;
        Ok(Self { store, model, dispatcher: DispatcherId::random(), answer })
    }

    /// Puts jobs in line, for images that never were.
    pub async fn fill(&self, images: &[ImageKey]) -> anyhow::Result<()> {
        submit(&*self.store, images, std::slice::from_ref(&self.model)).await
    }
}

impl Queue for Ours {
    type Held = Vec<Lease>;

    async fn cycle(&self, held: Vec<Lease>) -> anyhow::Result<(Vec<Lease>, usize)> {
        let finish = |lease| Finish { lease, ending: Ending::Succeeded(self.answer.clone()) };
        let endings: Vec<Finish> = held.into_iter().map(finish).collect();
        let want = Want { model: self.model.clone(), slots: BATCH, limit: u32::MAX };
        let request = ClaimRequest {
            dispatcher: self.dispatcher,
            lease: LEASE,
            weights: PriorityWeights::default(),
            wants: vec![want],
        };
        let finished = self.store.finish(&endings, Some(&request)).await?;
        ensure!(finished.acks.iter().all(|ack| *ack == Ack::Recorded), "an ending came too late");
        let held: Vec<Lease> = finished.claimed.jobs.into_iter().map(|job| job.lease).collect();
        let claimed = held.len();
        Ok((held, claimed))
    }
}

/// Puts one job per image and model in line.
pub async fn submit(
    store: &dyn JobStore,
    images: &[ImageKey],
    models: &[ModelName],
) -> anyhow::Result<()> {
    for images in images.chunks(SUBMITTED_TOGETHER.div_ceil(models.len())) {
        let jobs = images.iter().flat_map(|image| {
            models.iter().map(|model| NewJob {
                id: JobId::new(*image, model.clone()),
                priority: Priority::Normal,
                ended_before: false,
            })
        });
        let jobs: Vec<NewJob> = jobs.collect();
        store.submit(&jobs, SubmitMode::New).await.context("jobs cannot be put in line")?;
    }
    Ok(())
}

/// So many images that nobody ever saw, and that are nowhere.
pub fn imaginary_images(count: usize) -> Vec<ImageKey> {
    // Spread as hashes are; odd, so that no two are the same.
    let spread = |number: usize| {
        (number as u128 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)
    };
    (0..count).map(|number| ImageKey::from_bytes(spread(number).to_be_bytes())).collect()
}
