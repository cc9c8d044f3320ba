//! The api under load, and the Redis behind it.

use std::net::SocketAddr;
use std::process::Command;

use anyhow::Context;
use photo_tests::program::{Program, binary};
use photo_tests::redis_server::RedisServer;
use tempfile::TempDir;

use crate::process::{self, Usage};

/// The model that every photo is for. Nobody works on its jobs.
pub const MODEL: &str = "noop";

/// A Redis, an api, and a folder.
pub struct World {
    /// Where the api listens.
    pub address: SocketAddr,
    api: Program,
    _redis: RedisServer,
    _folder: TempDir,
}

impl World {
    /// Starts all, the api on these cores and with these settings.
    pub fn start(cores: Option<&str>, settings: &[String]) -> anyhow::Result<Self> {
        let redis = RedisServer::start_with(&["--appendonly", "yes"]);
        let folder = tempfile::tempdir()?;
        let config = folder.path().join("photo.toml");
        let settings = settings.join("\n");
        std::fs::write(&config, format!("models.{MODEL} = 1\n{settings}\n"))?;
        let mut command = match cores {
            Some(cores) => {
                let mut command = Command::new("taskset");
                command.args(["-c", cores]).arg(binary("api"));
                command
            }
            None => Command::new(binary("api")),
        };
        let images = format!("file:{}", folder.path().join("images").display());
        command.arg("--config").arg(&config);
        command.args(["--store", &redis.url(), "--images", &images, "--listen", "127.0.0.1:0"]);
        let api = Program::spawn("api", folder.path(), command);
        let address = api.wait_for_line("listening on http://");
        let address = address.split(' ').next().unwrap_or_default();
        let address = address.parse().context("the api says where it listens")?;
        Ok(Self { address, api, _redis: redis, _folder: folder })
    }

    /// What the api and this program used so far; the api's peak of memory begins anew.
    pub fn usage(&self) -> anyhow::Result<Usage> {
        let usage = Usage::now(self.api.id(), self.api.peak_memory())?;
        process::forget_peak(self.api.id())?;
        Ok(usage)
    }
}
