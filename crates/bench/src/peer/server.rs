//! A server of the obvious kind, and the worker behind it.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{AsyncCommands, Client};
use photo_tests::program::Program;
use photo_tests::redis_server::RedisServer;

use crate::harness::bench::Bench;
use crate::installed_peers::InstalledPeers;
use crate::process::cores::Place;
use crate::process::usage::Process;
use crate::system::start_redis;

/// FastAPI and RQ's SimpleWorker on a Redis of their own.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its process.
    pub process: Process,
    /// The process of its worker, if it has one.
    pub worker: Option<Process>,
    /// The process of its Redis.
    pub redis: Process,
    folder: PathBuf,
    connection: MultiplexedConnection,
    _programs: Vec<Program>,
    _redis: RedisServer,
}

impl Server {
    /// Starts it there; with a worker, whose jobs go to the model service, if there is one.
    pub async fn start(
        bench: &Bench,
        peers: &InstalledPeers,
        place: Place,
        service: Option<SocketAddr>,
    ) -> anyhow::Result<Self> {
        let redis = bench.cores.start_at(Place::Others, start_redis)?;
        let folder = bench.folder()?;
        let mut server = peers.python("uvicorn");
        server.args(["server:app", "--port", "0", "--no-access-log"]);
        let mut worker = peers.python("rq");
        worker.args(["worker", "--quiet", "--url", &redis.url()]);
        worker.args(["--worker-class", "rq.worker.SimpleWorker", "photos"]);
        let service_url = service.map(|service| format!("http://{service}")).unwrap_or_default();
        for command in [&mut server, &mut worker] {
            command.env("REDIS_URL", redis.url()).env("SERVICE_URL", &service_url);
            command.env("PHOTO_FOLDER", &folder);
        }
        let start = |name, command| {
            bench.cores.start_at(place, || Program::spawn(name, &peers.folder, command))
        };
        let server = start("FastAPI", server)?;
        let said = server.wait_for_line("Uvicorn running on http://");
        let address = said.split(' ').next().unwrap_or_default();
        let address = address.parse().context("uvicorn says where it listens")?;
        let process = Process::new("FastAPI", server.id());
        let mut programs = vec![server];
        let mut worker_process = None;
        if service.is_some() {
            let worker = start("RQ SimpleWorker", worker)?;
            worker_process = Some(Process::new("RQ SimpleWorker", worker.id()));
            programs.push(worker);
        }
        let client = Client::open(redis.url())?;
        let connection = client.get_multiplexed_async_connection().await?;
        Ok(Self {
            address,
            process,
            worker: worker_process,
            redis: Process::new("redis", redis.id()),
            folder,
            connection,
            _programs: programs,
            _redis: redis,
        })
    }

    /// Where it keeps photos.
    pub fn photos(&self) -> PathBuf {
        self.folder.clone()
    }

    /// How many jobs its worker has done so far.
    pub async fn done(&self) -> anyhow::Result<usize> {
        Ok(self.connection.clone().zcard("rq:finished:photos").await?)
    }
}
