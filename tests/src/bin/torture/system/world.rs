//! The system under torture, and what can be done to it.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use photo_tests::redis_server::RedisServer;
use photo_tests::wire::Wire;
use tempfile::TempDir;

use crate::Appendfsync;
use crate::model::Model;
use crate::system::replica::{Recipe, Replica};
use crate::system::service::Service;

/// How many apis run side by side.
pub const APIS: usize = 2;
/// How many dispatchers run side by side.
pub const DISPATCHERS: usize = 3;
/// How many programs reach Redis over a wire that can be harmed: all but the first of each kind.
pub const WIRES: usize = APIS + DISPATCHERS - 2;
/// How long a job stays with a dispatcher that has fallen silent. A Redis that answers nothing for
/// two seconds makes nobody lose a lease of this length, which is extended every third of it.
pub const LEASE: Duration = Duration::from_secs(4);
/// How long a prediction may take.
const TIMEOUT: Duration = Duration::from_secs(2);
/// How long after a dispatcher's death its last calls may still come in.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A Redis, the programs, and the models' services.
pub struct World {
    /// The programs that clients talk to.
    pub apis: Vec<Arc<Replica>>,
    /// The programs that talk to the models.
    pub dispatchers: Vec<Arc<Replica>>,
    /// One for each of [`Model::ALL`].
    pub services: Vec<Arc<Service>>,
    /// One for each program that has one.
    pub wires: Vec<Arc<Wire>>,
    redis: Mutex<RedisServer>,
    redis_url: String,
    folder: TempDir,
}

impl World {
    /// Starts everything. Logs go to the folder `logs`, if there is one.
    pub async fn start(
        seed: u64,
        appendfsync: Appendfsync,
        logs: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let options = ["--appendonly", "yes", "--appendfsync", appendfsync.name()];
        let redis = RedisServer::start_with(&options);
        let mut services = Vec::new();
        for model in Model::ALL {
            services.push(Service::open(model, DISPATCHERS, TIMEOUT, seed).await?);
        }
        let mut world = Self {
            apis: Vec::new(),
            dispatchers: Vec::new(),
            services,
            wires: Vec::new(),
            redis_url: redis.url(),
            redis: Mutex::new(redis),
            folder: tempfile::tempdir()?,
        };
        let redis = world.redis_url.trim_start_matches("redis://").parse()?;
        for _ in 0..WIRES {
            world.wires.push(Wire::open(redis).await?);
        }
        for number in 0..APIS {
            let more = ["--listen", "127.0.0.1:0"];
            let recipe = world.recipe("api", number, "listening on http://", &more, logs)?;
            world.apis.push(Arc::new(Replica::start(recipe)));
        }
        for number in 0..DISPATCHERS {
            let recipe = world.recipe("dispatcher", number, "dispatcher starts", &[], logs)?;
            world.dispatchers.push(Arc::new(Replica::start(recipe)));
        }
        Ok(world)
    }

    /// Where Redis is.
    pub fn redis_url(&self) -> &str {
        &self.redis_url
    }

    /// Where photos are.
    pub fn images(&self) -> PathBuf {
        self.folder.path().join("images")
    }

    /// Kills Redis and starts it again after `pause`, with what it had written by then. Blocks.
    pub fn kill_redis(&self, pause: Duration) {
        let mut redis = self.redis.lock().unwrap_or_else(PoisonError::into_inner);
        redis.kill();
        thread::sleep(pause);
        redis.restart();
    }

    /// Makes Redis answer nothing for this long. Blocks.
    pub fn freeze_redis(&self, time: Duration) {
        let redis = self.redis.lock().unwrap_or_else(PoisonError::into_inner);
        redis.pause();
        thread::sleep(time);
        redis.resume();
    }

    /// Kills a dispatcher and starts it again after `pause`. Blocks.
    pub fn kill_dispatcher(&self, number: usize, pause: Duration) -> anyhow::Result<()> {
        self.doubt(number, LAST_WORDS);
        self.dispatchers[number].kill(pause)
    }

    /// Freezes a dispatcher for this long. Blocks.
    pub fn freeze_dispatcher(&self, number: usize, time: Duration) {
        // What it had in hand when it froze it may still begin when it goes on.
        self.doubt(number, time + LEASE);
        self.dispatchers[number].freeze(time);
    }

    fn doubt(&self, dispatcher: usize, time: Duration) {
        for service in &self.services {
            service.calls.doubt(dispatcher, time);
        }
    }

    fn recipe(
        &self,
        program: &'static str,
        number: usize,
        ready: &'static str,
        more: &[&str],
        logs: Option<&Path>,
    ) -> anyhow::Result<Recipe> {
        let folder = self.folder.path().to_owned();
        let config = folder.join(format!("{program}-{number}.toml"));
        std::fs::write(&config, self.settings(number))?;
        let config = config.display().to_string();
        let images = format!("file:{}", self.images().display());
        let before = if program == "api" { 0 } else { APIS - 1 };
        let store = match number.checked_sub(1).map(|number| self.wires[before + number].address) {
            Some(address) => format!("redis://{address}"),
            None => self.redis_url.clone(),
        };
        let args = ["--config", &config, "--store", &store, "--images", &images];
        let args = args.iter().chain(more).map(|&arg| arg.to_owned()).collect();
        Ok(Recipe { program, number, ready, args, folder, logs: logs.map(Path::to_owned) })
    }

    /// The configuration of the programs with this number; to an api, which calls no model, it
    /// does not matter where the models are. Two limits are out of reach: that an adversary is at
    /// work is no reason to give up on a job.
    fn settings(&self, number: usize) -> String {
        let mut text = format!(
            "[store]\nmax_crashes = 255\n[dispatcher]\nlease = \"{}ms\"\ndrain = \"10s\"\n\
             [model_defaults]\ntimeout = \"{}ms\"\nmax_attempts = 60000\n[models]\n",
            LEASE.as_millis(),
            TIMEOUT.as_millis()
        );
        for service in &self.services {
            let (name, limit) = (service.model.name(), service.model.limit());
            let address = service.addresses[number];
            // Writing to a text cannot fail.
            let _ =
                writeln!(text, "{name} = {{ url = \"http://{address}\", concurrency = {limit} }}");
        }
        text
    }
}
