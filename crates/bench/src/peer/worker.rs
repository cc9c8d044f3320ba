//! A peer's worker and its queue.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::ensure;
use async_trait::async_trait;
use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{AsyncCommands, Client, cmd};
use photo_tests::program::Program;
use photo_tests::redis_server::RedisServer;

use crate::harness::bench::Bench;
use crate::harness::contender::{Contender, Sample};
use crate::installed_peers::{InstalledPeers, output};
use crate::process::cores::Place;
use crate::process::usage::{Process, Watch};
use crate::stats::float;

/// The pause between two questions how far the worker is.
const PAUSE: Duration = Duration::from_millis(5);

/// How long a worker may take to start, or for its jobs.
const DEADLINE: Duration = Duration::from_mins(2);

/// What the queue is called.
const QUEUE: &str = "bench";

/// A kind of worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// RQ's worker that does jobs in its own process.
    RqSimple,
    /// RQ's usual worker, which forks for every job.
    RqForking,
    /// Celery's usual worker, with four processes.
    Celery,
    /// BullMQ's worker, as concurrent as our dispatcher.
    BullMq,
}

impl Kind {
    /// All of them, from the slowest to the fastest.
    pub const ALL: [Self; 4] = [Self::RqForking, Self::RqSimple, Self::Celery, Self::BullMq];

    /// What it is called in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::RqSimple => "RQ SimpleWorker",
            Self::RqForking => "RQ forking worker",
            Self::Celery => "Celery prefork",
            Self::BullMq => "BullMQ",
        }
    }

    /// How many jobs it does in about two seconds.
    fn usual_jobs(self) -> usize {
        match self {
            Self::RqForking => 50,
            Self::RqSimple => 500,
            Self::Celery => 1_500,
            Self::BullMq => 3_000,
        }
    }

    /// The database of the server that it has for itself.
    fn database(self) -> usize {
        Self::ALL.iter().position(|kind| *kind == self).unwrap_or_default() + 1
    }
}

/// Where all workers work.
pub struct Site<'a> {
    /// The peers.
    pub peers: &'a InstalledPeers,
    /// Their Redis, which each has a database of.
    pub redis: &'a RedisServer,
    /// The model service.
    pub service: SocketAddr,
    /// The process of the service.
    pub service_process: Process,
}

/// A worker that waits for jobs.
pub struct Worker<'a> {
    kind: Kind,
    site: &'a Site<'a>,
    photos: PathBuf,
    jobs: usize,
    processes: Vec<Process>,
    redis: MultiplexedConnection,
    program: Program,
}

impl<'a> Worker<'a> {
    /// Starts a worker, on the core of what is measured, and waits until it has done its first job.
    /// Its jobs are the photos named in the file `photos`.
    pub async fn start(
        bench: &Bench,
        site: &'a Site<'a>,
        kind: Kind,
        photos: &Path,
    ) -> anyhow::Result<Self> {
        let command = worker(kind, site, bench.plan.concurrency);
        let start = || Program::spawn(kind.name(), &site.peers.folder, command);
        let program = bench.cores.start_at(Place::Measured, start)?;
        let jobs = (kind.usual_jobs() * bench.plan.peer_jobs / 1_000).max(5);
        let processes = vec![
            Process::new(kind.name(), program.id()),
            site.service_process.clone(),
            Process::new("redis", site.redis.id()),
        ];
        let client = Client::open(url(kind, site))?;
        let redis = client.get_multiplexed_async_connection().await?;
        let photos = photos.to_owned();
        let mut worker = Self { kind, site, photos, jobs, processes, redis, program };
        worker.enqueue(1)?;
        worker.wait_for(1).await?;
        Ok(worker)
    }

    fn enqueue(&self, jobs: usize) -> anyhow::Result<()> {
        let peers = self.site.peers;
        let mut command = match self.kind {
            Kind::RqSimple | Kind::RqForking => {
                let mut command = peers.python("python");
                command.args(["rq_enqueue.py", QUEUE]);
                command
            }
            Kind::Celery => {
                let mut command = peers.python("python");
                command.arg("celery_enqueue.py");
                command
            }
            Kind::BullMq => {
                let mut command = peers.node("bullmq_enqueue.js");
                command.arg(QUEUE);
                command
            }
        };
        output(
            with_urls(&mut command, self.kind, self.site).arg(jobs.to_string()).arg(&self.photos),
        )?;
        Ok(())
    }

    async fn wait_for(&mut self, jobs: usize) -> anyhow::Result<()> {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let done = self.done().await?;
            if done >= jobs {
                return Ok(());
            }
            let name = self.kind.name();
            ensure!(Instant::now() < deadline, "{name} did {done} of {jobs} jobs in {DEADLINE:?}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// How many jobs it has done so far, since the database was made.
    async fn done(&mut self) -> anyhow::Result<usize> {
        let key = match self.kind {
            Kind::RqSimple | Kind::RqForking => format!("rq:finished:{QUEUE}"),
            Kind::BullMq => format!("bull:{QUEUE}:completed"),
            // Of all that Celery keeps only results have an end.
            Kind::Celery => {
                let info: String = cmd("INFO").arg("keyspace").query_async(&mut self.redis).await?;
                let database = format!("db{}:", self.kind.database());
                let line = info.lines().find_map(|line| line.strip_prefix(&database));
                let ending = line.and_then(|line| line.split("expires=").nth(1)?.split(',').next());
                return Ok(ending.and_then(|ending| ending.parse().ok()).unwrap_or(0));
            }
        };
        Ok(self.redis.zcard(key).await?)
    }

    /// Fails if a job did.
    async fn check(&mut self) -> anyhow::Result<()> {
        let failed: usize = match self.kind {
            Kind::RqSimple | Kind::RqForking => {
                self.redis.zcard(format!("rq:failed:{QUEUE}")).await?
            }
            Kind::BullMq => self.redis.zcard(format!("bull:{QUEUE}:failed")).await?,
            Kind::Celery => {
                let keys: Vec<String> = self.redis.keys("celery-task-meta-*").await?;
                let results: Vec<String> = self.redis.mget(keys).await?;
                results.iter().filter(|result| !result.contains(r#""status": "SUCCESS""#)).count()
            }
        };
        ensure!(failed == 0, "{failed} jobs of {} failed", self.kind.name());
        Ok(())
    }
}

#[async_trait(?Send)]
impl Contender for Worker<'_> {
    fn name(&self) -> &str {
        self.kind.name()
    }

    async fn measure(&mut self) -> anyhow::Result<Sample> {
        let last = self.done().await? + self.jobs;
        // All jobs are there before it begins, as making them takes longer than doing some.
        self.program.signal("STOP");
        self.enqueue(self.jobs)?;
        self.program.signal("CONT");
        let watch = Watch::begin(&self.processes)?;
        self.wait_for(last).await?;
        let (elapsed, cpu) = watch.end()?;
        self.check().await?;
        Ok(Sample::new(float(self.jobs), elapsed, cpu, &[self.kind.name()]))
    }
}

/// The command that starts a worker.
fn worker(kind: Kind, site: &Site<'_>, concurrency: usize) -> Command {
    let rq = |class: &str| {
        let mut command = site.peers.python("rq");
        command.args([
            "worker",
            "--quiet",
            "--url",
            &url(kind, site),
            "--worker-class",
            class,
            QUEUE,
        ]);
        command
    };
    let mut command = match kind {
        Kind::RqSimple => rq("rq.worker.SimpleWorker"),
        Kind::RqForking => rq("rq.worker.Worker"),
        Kind::Celery => {
            let mut command = site.peers.python("celery");
            command.args(["-A", "celery_tasks", "worker", "--concurrency", "4"]);
            command.args(["--loglevel", "WARNING"]);
            command
        }
        Kind::BullMq => {
            let mut command = site.peers.node("bullmq_worker.js");
            command.args([QUEUE, &concurrency.to_string()]);
            command
        }
    };
    with_urls(&mut command, kind, site);
    command
}

fn with_urls<'c>(command: &'c mut Command, kind: Kind, site: &Site<'_>) -> &'c mut Command {
    command.env("REDIS_URL", url(kind, site));
    command.env("SERVICE_URL", format!("http://{}", site.service))
}

fn url(kind: Kind, site: &Site<'_>) -> String {
    format!("{}/{}", site.redis.url(), kind.database())
}
