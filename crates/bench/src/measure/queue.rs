//! How fast jobs are claimed and finished, without photos and models.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, ensure};
use async_trait::async_trait;
use deadpool_redis::redis::cmd;
use photo_core::ImageKey;
use photo_tests::redis_server::RedisServer;

use crate::ceiling::scripts::{self, Bare, Least};
use crate::harness::bench::Bench;
use crate::harness::contender::{Contender, Sample, alternate};
use crate::jobs::backlog::model;
use crate::jobs::queue::{BATCH, Ours, TASKS, drain, imaginary_images};
use crate::process::cores::Place;
use crate::process::usage::{Process, Watch};
use crate::report::comparison::{Comparison, Target};
use crate::report::result_row::ResultRow;
use crate::service::MODEL;
use crate::stats::float;
use crate::system;

/// redis-benchmark counts in milliseconds: with fewer requests it may say that it took none.
const LEAST_REQUESTS: usize = 100_000;

const WHAT: &str = "queue alone (claim + finish, batch 64)";
const UNIT: &str = "jobs/s";

/// Our queue, its scripts alone, the least script, and what the server can do at all.
pub async fn run(bench: &Bench) -> anyhow::Result<Vec<ResultRow>> {
    bench.cores.move_to(Place::Others)?;
    let redis = bench.cores.start_at(Place::Measured, RedisServer::start)?;
    let shared = Shared {
        images: imaginary_images(bench.plan.queued),
        ours: Ours::new(system::connect(&redis).await?, model(MODEL)?)?,
        redis: &redis,
    };
    let bare = Bare::connect(&redis).await?;
    let least = Least::connect(&redis).await?;
    let mut contenders: Vec<Box<dyn Contender + '_>> = vec![
        Box::new(Cycles { shared: &shared, name: "store", by: By::Store }),
        Box::new(Cycles { shared: &shared, name: "our scripts, bare", by: By::Bare(bare) }),
        Box::new(Cycles { shared: &shared, name: "the least script", by: By::Least(least) }),
        Box::new(RedisBenchmark { redis: &redis, requests: bench.plan.queued }),
    ];
    let runs = alternate(bench, WHAT, &mut contenders).await?;
    let [ours, bare, least, set] = [0, 1, 2, 3].map(|number: usize| runs[number].per_second(UNIT));
    let jobs = bench.plan.queued;
    let how = format!(
        "{jobs} jobs of one model are worked off by {TASKS} tasks, each finishing {BATCH} and claiming \
         {BATCH} in a trip; Redis has a core for itself"
    );
    let mut row = ResultRow::new(WHAT, "queue", how);
    row.comparisons.push(Comparison::ratio(ours.clone(), bare, Some(Target::AtLeast(0.8))));
    row.comparisons.push(Comparison::ratio(ours, least, None));
    row.beside.push(set);
    row.note_cpu(&runs);
    Ok(vec![row])
}

/// What all that claim and finish share.
struct Shared<'a> {
    redis: &'a RedisServer,
    ours: Ours,
    images: Vec<ImageKey>,
}

/// Claims and finishes.
struct Cycles<'a> {
    shared: &'a Shared<'a>,
    name: &'static str,
    by: By,
}

enum By {
    Store,
    Bare(Bare),
    Least(Least),
}

#[async_trait(?Send)]
impl Contender for Cycles<'_> {
    fn name(&self) -> &str {
        self.name
    }

    async fn measure(&mut self) -> anyhow::Result<Sample> {
        let Shared { redis, ours, images } = self.shared;
        cmd("FLUSHALL").exec_async(&mut scripts::connect(redis).await?).await?;
        match &self.by {
            By::Store | By::Bare(_) => ours.fill(images).await?,
            By::Least(least) => least.fill(images).await?,
        }
        let watch = Watch::begin(&[Process::new("redis", redis.id())])?;
        let jobs = images.len();
        match &self.by {
            By::Store => drain(ours, jobs).await?,
            By::Bare(bare) => drain(bare, jobs).await?,
            By::Least(least) => drain(least, jobs).await?,
        };
        let (elapsed, cpu) = watch.end()?;
        Ok(Sample::new(float(jobs), elapsed, cpu, &["redis"]))
    }
}

/// What the server can do at all: SETs, as many in a trip as jobs.
struct RedisBenchmark<'a> {
    redis: &'a RedisServer,
    requests: usize,
}

#[async_trait(?Send)]
impl Contender for RedisBenchmark<'_> {
    fn name(&self) -> &'static str {
        "redis-benchmark SET, pipelined"
    }

    async fn measure(&mut self) -> anyhow::Result<Sample> {
        let watch = Watch::begin(&[Process::new("redis", self.redis.id())])?;
        let start = Instant::now();
        let mut command = Command::new("redis-benchmark");
        command.args(["-t", "set", "--csv", "-P", &BATCH.to_string(), "-c", &TASKS.to_string()]);
        command.args([
            "-n",
            &self.requests.max(LEAST_REQUESTS).to_string(),
            "-p",
            &self.redis.port().to_string(),
        ]);
        let said = command.output().context("redis-benchmark cannot be started")?;
        ensure!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        let said = String::from_utf8_lossy(&said.stdout);
        let line = said.lines().find_map(|line| line.strip_prefix("\"SET\",\""));
        let rate = line.and_then(|line| line.split('"').next()?.parse::<f64>().ok());
        let rate = rate.with_context(|| format!("redis-benchmark said: {said}"))?;
        let (_, cpu) = watch.end()?;
        // By its own clock; ours has its start in it.
        let elapsed = start.elapsed();
        Ok(Sample::new(rate * elapsed.as_secs_f64(), elapsed, cpu, &["redis"]))
    }
}
