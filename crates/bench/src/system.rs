//! A Redis, an image folder, and the programs that work on them.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use anyhow::Context;
use photo_core::{Clock, ImageKey, ModelName};
use photo_store::Settings;
use photo_store::redis::RedisJobStore;
use photo_tests::program::{Program, binary};
use photo_tests::redis_server::RedisServer;

use crate::harness::bench::Bench;
use crate::photos::images;
use crate::photos::photo::Photo;
use crate::process::cores::Place;
use crate::process::usage::Process;

/// One system. It is gone when dropped.
pub struct System<'a> {
    /// The server with its jobs.
    pub redis: RedisServer,
    bench: &'a Bench,
    folder: PathBuf,
    settings: String,
}

/// An api.
pub struct Api {
    /// Its process.
    pub process: Process,
    /// Where it listens.
    pub address: SocketAddr,
    _program: Program,
}

/// A dispatcher.
pub struct Dispatcher {
    /// Its process.
    pub process: Process,
    _program: Program,
}

impl<'a> System<'a> {
    /// A system without programs yet.
    pub fn start(bench: &'a Bench) -> anyhow::Result<Self> {
        let redis = bench.cores.start_at(Place::Others, start_redis)?;
        Ok(Self { redis, bench, folder: bench.folder()?, settings: String::new() })
    }

    /// Adds a model, by its settings as in the configuration file, for the programs that are
    /// started after this.
    pub fn add_model(&mut self, model: &str, settings: &str) {
        // Writing to a text does not fail.
        let _ = writeln!(self.settings, "models.{model} = {{ {settings} }}");
    }

    /// Where photos are.
    pub fn images(&self) -> PathBuf {
        self.folder.join("images")
    }

    /// The process of the Redis server.
    pub fn redis_process(&self) -> Process {
        Process::new("redis", self.redis.id())
    }

    /// Starts an api there.
    pub fn api(&self, place: Place) -> anyhow::Result<Api> {
        let program = self.program("api", place, &["--listen", "127.0.0.1:0"])?;
        let said = program.wait_for_line("listening on http://");
        let address = said.split(' ').next().unwrap_or_default();
        let address = address.parse().context("the api says where it listens")?;
        Ok(Api { process: Process::new("api", program.id()), address, _program: program })
    }

    /// Starts a dispatcher there, with these flags.
    pub fn dispatcher(&self, place: Place, flags: &[&str]) -> anyhow::Result<Dispatcher> {
        let program = self.program("dispatcher", place, flags)?;
        program.wait_for_line("dispatcher starts");
        let process = Process::new("dispatcher", program.id());
        Ok(Dispatcher { process, _program: program })
    }

    fn program(&self, name: &str, place: Place, flags: &[&str]) -> anyhow::Result<Program> {
        let config = self.folder.join("photo.toml");
        std::fs::write(&config, &self.settings)?;
        let mut command = Command::new(binary(name));
        command.arg("--config").arg(config).args(["--store", &self.redis.url(), "--images"]);
        command.arg(format!("file:{}", self.images().display())).args(flags);
        let start = || Program::spawn(name, &self.folder, command);
        self.bench.cores.start_at(place, start)
    }

    /// A connection to its jobs.
    pub async fn jobs(&self) -> anyhow::Result<Arc<RedisJobStore>> {
        connect(&self.redis).await
    }

    /// Stores so many copies of a photo, durably, as accepted for one model.
    pub async fn store_photos(
        &self,
        photo: &Photo,
        count: usize,
        model: &ModelName,
    ) -> anyhow::Result<Vec<ImageKey>> {
        images::store(&self.images(), photo, count, model).await
    }
}

/// Starts a server that writes everything down, and syncs that every second, as deployments should
/// have it.
pub fn start_redis() -> RedisServer {
    RedisServer::start_with(&["--appendonly", "yes"])
}

/// A connection to the jobs on this server.
pub async fn connect(redis: &RedisServer) -> anyhow::Result<Arc<RedisJobStore>> {
    let store = RedisJobStore::connect(&redis.url(), Settings::default(), Clock::default()).await;
    Ok(Arc::new(store?))
}
