//! The api under load, and the Redis behind it.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;
use photo_tests::files;
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
    images: PathBuf,
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
        let images = folder.path().join("images");
        let url = format!("file:{}", images.display());
        command.arg("--config").arg(&config);
        command.args(["--store", &redis.url(), "--images", &url, "--listen", "127.0.0.1:0"]);
        let api = Program::spawn("api", folder.path(), command);
        let address = api.wait_for_line("listening on http://");
        let address = address.split(' ').next().unwrap_or_default();
        let address = address.parse().context("the api says where it listens")?;
        Ok(Self { address, api, images, _redis: redis, _folder: folder })
    }

    /// Empties what was stored, while nobody uploads. Or the page cache would grow, and from some
    /// size on a virtual machine has to ask its host for every page, which slows down whatever
    /// comes then.
    pub fn forget_photos(&self) -> io::Result<()> {
        files::empty(&self.images)
    }

    /// What the api and this program used so far; the api's peak of memory begins anew.
    pub fn usage(&self) -> anyhow::Result<Usage> {
        let usage = Usage::now(self.api.id(), self.api.peak_memory())?;
        process::forget_peak(self.api.id())?;
        Ok(usage)
    }
}
