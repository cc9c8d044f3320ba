//! A queue that is kept filled while dispatchers work it off.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use photo_core::JobId;
use photo_core::ModelName;
use photo_core::job::{ModelStats, NewJob, Priority, SubmitMode, Submitted};
use photo_core::ports::JobStore;

use crate::process::usage::{CpuUse, Process, Watch};
use crate::stats::float;

/// How many jobs are put in line at a time.
const BATCH: usize = 500;

/// The pause between two questions how far the dispatchers are; one model more makes it longer, as
/// the answer is.
const PAUSE: Duration = Duration::from_millis(2);
const PAUSE_PER_MODEL: Duration = Duration::from_micros(100);

/// Longer than anything here takes.
const DEADLINE: Duration = Duration::from_mins(2);

/// Jobs that are done over and over.
pub struct Backlog {
    store: Arc<dyn JobStore>,
    models: Vec<ModelName>,
    jobs: Vec<JobId>,
    next: usize,
    submitted: u64,
}

/// How much was done in which time.
#[derive(Debug, Clone)]
pub struct Progress {
    /// How many jobs.
    pub done: f64,
    /// In what time.
    pub elapsed: Duration,
    /// What the watched processes used meanwhile.
    pub cpu: Vec<CpuUse>,
}

impl Backlog {
    /// A backlog of these jobs, which are all there are for these models.
    pub fn new(store: Arc<dyn JobStore>, models: Vec<ModelName>, jobs: Vec<JobId>) -> Self {
        Self { store, models, jobs, next: 0, submitted: 0 }
    }

    /// Keeps the queue filled for so long, beginning when the first job is done, and watches these
    /// processes meanwhile; then lets it run empty. Fails if a job does.
    pub async fn keep_filled(
        &mut self,
        time: Duration,
        processes: &[Process],
    ) -> anyhow::Result<Progress> {
        // Nothing is under way, and others may have done jobs before.
        let before = self.done().await?;
        self.submitted = before;
        self.fill(before).await?;
        let first = self.wait_for(before + 1).await?;
        let (watch, start) = (Watch::begin(processes)?, Instant::now());
        let mut done = first;
        while start.elapsed() < time {
            self.fill(done).await?;
            self.pause().await;
            done = self.done().await?;
        }
        let (elapsed, cpu) = watch.end()?;
        self.wait_for(self.submitted).await?;
        Ok(Progress { done: float(usize::try_from(done - first)?), elapsed, cpu })
    }

    /// Puts jobs in line that were done before, so that half of all are in line.
    async fn fill(&mut self, done: u64) -> anyhow::Result<()> {
        let half = u64::try_from(self.jobs.len() / 2)?;
        while self.submitted - done < half {
            self.submit().await?;
        }
        Ok(())
    }

    async fn submit(&mut self) -> anyhow::Result<()> {
        let batch = BATCH.min(self.jobs.len().div_ceil(4));
        let jobs = self.jobs.iter().cycle().skip(self.next).take(batch);
        let new =
            |id: &JobId| NewJob { id: id.clone(), priority: Priority::Normal, ended_before: false };
        let jobs: Vec<NewJob> = jobs.map(new).collect();
        let submitted = self.store.submit(&jobs, SubmitMode::Rerun).await?;
        // One that was overtaken by many others may still be under way.
        let queued = submitted.iter().filter(|it| matches!(it, Submitted::Queued)).count();
        self.submitted += u64::try_from(queued)?;
        self.next = (self.next + batch) % self.jobs.len();
        Ok(())
    }

    /// Waits until so many are done; answers how many are.
    async fn wait_for(&self, jobs: u64) -> anyhow::Result<u64> {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let done = self.done().await?;
            if done >= jobs {
                return Ok(done);
            }
            ensure!(Instant::now() < deadline, "{done} of {jobs} jobs were done in {DEADLINE:?}");
            self.pause().await;
        }
    }

    async fn pause(&self) {
        let models = u32::try_from(self.models.len()).unwrap_or(u32::MAX);
        tokio::time::sleep(PAUSE + PAUSE_PER_MODEL * models).await;
    }

    async fn done(&self) -> anyhow::Result<u64> {
        succeeded(&*self.store, &self.models).await
    }
}

/// How many jobs of these models succeeded so far. Fails if one did not, or not at once.
pub async fn succeeded(store: &dyn JobStore, models: &[ModelName]) -> anyhow::Result<u64> {
    let stats = store.stats(Some(models)).await?;
    let count = |counter: &str| {
        let counted = |stats: &ModelStats| stats.counters.get(counter).copied().unwrap_or(0);
        stats.iter().map(counted).sum::<u64>()
    };
    for counter in ["failed", "retried", "released", "expired"] {
        let jobs = count(counter);
        ensure!(jobs == 0, "{jobs} jobs are {counter}: all should have succeeded at once");
    }
    Ok(count("succeeded"))
}

/// The model of this name.
pub fn model(name: &str) -> anyhow::Result<ModelName> {
    name.parse().with_context(|| format!("`{name}` is no name of a model"))
}
