//! How much memory a job takes in Redis.

use anyhow::ensure;
use photo_core::ImageKey;
use photo_core::ModelName;
use photo_tests::redis_server::RedisServer;

use crate::harness::bench::Bench;
use crate::info::Info;
use crate::jobs::backlog::model;
use crate::jobs::queue::{ANSWER, Ours, drain, imaginary_images, submit};
use crate::process::cores::Place;
use crate::report::comparison::{Comparison, Target};
use crate::report::result_row::ResultRow;
use crate::service::MODEL;
use crate::stats::{Series, float};
use crate::system;

const WHAT: &str = "Redis memory";

/// Queued jobs with one and with four models per image, and finished ones.
pub async fn run(bench: &Bench) -> anyhow::Result<ResultRow> {
    bench.cores.move_to(Place::Anywhere)?;
    eprintln!("{WHAT}");
    let jobs = bench.plan.memory_jobs;
    let how =
        format!("what {jobs} jobs add to the memory that Redis uses, divided by their number");
    let mut row = ResultRow::new(WHAT, "memory", how);
    let bytes = |name: &str, bytes: f64| Series::new(name, "bytes", vec![bytes]);

    let one = Store::start(&[MODEL]).await?;
    let (queued, one) = one.queue(jobs).await?;
    let name = "a queued job, one model per image";
    row.comparisons.push(Comparison::bound(bytes(name, queued), Target::AtMost(200.0)));
    let four = Store::start(&["one", "two", "three", "four"]).await?;
    let (queued, _) = four.queue(jobs).await?;
    let name = "a queued job, four models per image";
    row.comparisons.push(Comparison::bound(bytes(name, queued), Target::AtMost(110.0)));
    let finished = one.finish(jobs).await? - float(ANSWER.len());
    let name = "a finished job, beyond its answer";
    row.comparisons.push(Comparison::bound(bytes(name, finished), Target::AtMost(130.0)));
    Ok(row)
}

/// A server, and how much memory it uses without jobs.
struct Store {
    redis: RedisServer,
    info: Info,
    models: Vec<ModelName>,
    empty: f64,
}

impl Store {
    /// A server that has worked before, so that its scripts are there.
    async fn start(models: &[&str]) -> anyhow::Result<Self> {
        let redis = RedisServer::start();
        let models = models.iter().map(|name| model(name)).collect::<anyhow::Result<Vec<_>>>()?;
        let store = system::connect(&redis).await?;
        let first = [ImageKey::from_bytes([0xFF; 16])];
        for model in &models {
            let queue = Ours::new(store.clone(), model.clone())?;
            queue.fill(&first).await?;
            drain(&queue, 1).await?;
        }
        let mut info = Info::connect(&redis).await?;
        let empty = info.settled_memory().await?;
        Ok(Self { redis, info, models, empty })
    }

    /// Puts jobs in line; answers how much each takes.
    async fn queue(mut self, jobs: usize) -> anyhow::Result<(f64, Self)> {
        let store = system::connect(&self.redis).await?;
        let images = imaginary_images(jobs / self.models.len());
        submit(&*store, &images, &self.models).await?;
        drop(store);
        let used = self.info.settled_memory().await? - self.empty;
        Ok((used / float(jobs), self))
    }

    /// Finishes the jobs; answers how much each takes then.
    async fn finish(mut self, jobs: usize) -> anyhow::Result<f64> {
        let store = system::connect(&self.redis).await?;
        ensure!(self.models.len() == 1, "the jobs of one model are finished");
        let queue = Ours::new(store, self.models[0].clone())?;
        drain(&queue, jobs).await?;
        drop(queue);
        let used = self.info.settled_memory().await? - self.empty;
        Ok(used / float(jobs))
    }
}
