//! An api, a Redis, a model, and a dispatcher that starts when it is to.

use std::fmt::Write;
use std::net::SocketAddr;

use anyhow::{Context, ensure};
use photo_tests::photos::bmp;
use photo_tests::program::Program;
use photo_tests::redis_server::RedisServer;
use reqwest::multipart::{Form, Part};
use serde_json::Value;
use tempfile::TempDir;

/// How many photos are uploaded together.
const TOGETHER: usize = 500;

/// The model that every photo is for.
const MODEL: &str = "average_color";

/// The programs, and where they keep things.
pub struct World {
    /// Where the api listens.
    pub address: SocketAddr,
    /// The api.
    pub api: Program,
    flags: Vec<String>,
    _model: Program,
    _redis: RedisServer,
    folder: TempDir,
}

impl World {
    /// Starts all but the dispatcher.
    pub fn start(streams: usize) -> anyhow::Result<Self> {
        let redis = RedisServer::start();
        let folder = tempfile::tempdir()?;
        let model = Program::start(
            "example-model",
            folder.path(),
            &["--model", MODEL, "--listen", "127.0.0.1:0"],
        );
        let url = model.wait_for_line("listening on http://");
        let url = url.split(' ').next().unwrap_or_default();
        let mut settings = format!("api.max_streams = {streams}\n");
        writeln!(settings, "models.{MODEL} = {{ url = \"http://{url}\", concurrency = 32 }}")?;
        std::fs::write(folder.path().join("photo.toml"), settings)?;
        let images = format!("file:{}", folder.path().join("images").display());
        let flags = ["--config", "photo.toml", "--store", &redis.url(), "--images", &images];
        let flags = flags.map(str::to_owned).to_vec();
        let mut args: Vec<&str> = flags.iter().map(String::as_str).collect();
        args.extend(["--listen", "127.0.0.1:0"]);
        let api = Program::start("api", folder.path(), &args);
        let address = api.wait_for_line("listening on http://");
        let address = address.split(' ').next().unwrap_or_default();
        let address = address.parse().context("the api says where it listens")?;
        Ok(Self { address, api, flags, _model: model, _redis: redis, folder })
    }

    /// Uploads so many photos; answers their hashes.
    pub async fn upload(&self, photos: usize) -> anyhow::Result<Vec<String>> {
        let client = reqwest::Client::new();
        let mut images = Vec::new();
        let seeds: Vec<u64> = (0..photos as u64).collect();
        for seeds in seeds.chunks(TOGETHER) {
            let form = seeds.iter().fold(Form::new().text("models", MODEL), |form, seed| {
                form.part("images", Part::bytes(bmp(*seed)).file_name("photo.bmp"))
            });
            let url = format!("http://{}/predict", self.address);
            let answer = client.post(url).multipart(form).send().await?;
            ensure!(answer.status() == 202, "{}", answer.text().await?);
            let answer: Value = answer.json().await?;
            let hashes = answer["images"].as_array().context("an answer has images")?;
            images.extend(hashes.iter().filter_map(|hash| hash.as_str().map(str::to_owned)));
        }
        Ok(images)
    }

    /// Has the jobs done from now on.
    pub fn start_dispatcher(&self) -> Program {
        let flags: Vec<&str> = self.flags.iter().map(String::as_str).collect();
        Program::start("dispatcher", self.folder.path(), &flags)
    }
}
