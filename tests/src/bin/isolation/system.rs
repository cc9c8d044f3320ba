//! A Redis, an api and dispatchers for one round.

use std::fmt::Write;
use std::time::{Duration, Instant};

use anyhow::Context;
use photo_tests::photos::bmp;
use photo_tests::program::Program;
use photo_tests::redis_server::RedisServer;
use reqwest::multipart::{Form, Part};
use tempfile::TempDir;

/// How many photos are in one upload.
const PHOTOS: usize = 200;
/// How many uploads there are at once.
const UPLOADS: usize = 4;
/// Far longer than anything here takes.
const DEADLINE: Duration = Duration::from_mins(30);
/// Ticks of a second in which Linux counts the time of processes: `getconf CLK_TCK`.
const TICKS: f64 = 100.0;

/// One system. It is gone when dropped.
pub struct System {
    /// The dispatchers started so far, as long as they live.
    pub dispatchers: Vec<Program>,
    _api: Program,
    api_url: String,
    redis: RedisServer,
    folder: TempDir,
    started: usize,
}

impl System {
    /// A Redis and an api that knows these models.
    pub fn start(models: &[&str]) -> anyhow::Result<Self> {
        let redis = RedisServer::start();
        let folder = tempfile::tempdir()?;
        let mut settings = "[models]\n".to_owned();
        for model in models {
            // The api calls no model: it does not matter where they are.
            writeln!(settings, "{model} = 1")?;
        }
        let mut args = flags(&redis, &folder, "api", &settings)?;
        args.extend(["--listen".to_owned(), "127.0.0.1:0".to_owned()]);
        let api = start("api", &folder, &args);
        let said = api.wait_for_line("listening on http://");
        let api_url = format!("http://{}", said.split(' ').next().unwrap_or_default());
        Ok(Self { dispatchers: Vec::new(), _api: api, api_url, redis, folder, started: 0 })
    }

    /// Starts a dispatcher with these settings.
    pub fn dispatch(&mut self, settings: &str) -> anyhow::Result<()> {
        self.started += 1;
        let name = format!("dispatcher-{}", self.started);
        let args = flags(&self.redis, &self.folder, &name, settings)?;
        let dispatcher = start("dispatcher", &self.folder, &args);
        dispatcher.wait_for_line("dispatcher starts");
        self.dispatchers.push(dispatcher);
        Ok(())
    }

    /// Uploads so many photos for all these models.
    pub async fn submit(&self, photos: usize, models: &[&str]) -> anyhow::Result<()> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        let url = format!("{}/predict?models={}", self.api_url, models.join(","));
        let uploads: Vec<Vec<u64>> =
            (0..photos as u64).collect::<Vec<_>>().chunks(PHOTOS).map(<[u64]>::to_vec).collect();
        for uploads in uploads.chunks(UPLOADS) {
            let posts = uploads.iter().map(|numbers| {
                let form = numbers.iter().fold(Form::new(), |form, number| {
                    form.part("images", Part::bytes(bmp(*number)).file_name("photo"))
                });
                tokio::spawn(http.post(&url).multipart(form).send())
            });
            for post in posts.collect::<Vec<_>>() {
                let response = post.await??;
                anyhow::ensure!(response.status() == 202, "{}", response.text().await?);
            }
        }
        Ok(())
    }

    /// The processor time that Redis and the dispatchers used so far, in seconds.
    pub fn processor_time(&self) -> anyhow::Result<f64> {
        let ids = self.dispatchers.iter().map(Program::id).chain([self.redis.id()]);
        ids.map(processor_time).sum()
    }
}

fn start(program: &str, folder: &TempDir, args: &[String]) -> Program {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    Program::start(program, folder.path(), &args)
}

fn flags(
    redis: &RedisServer,
    folder: &TempDir,
    name: &str,
    settings: &str,
) -> anyhow::Result<Vec<String>> {
    let config = folder.path().join(format!("{name}.toml"));
    std::fs::write(&config, settings)?;
    let images = format!("file:{}", folder.path().join("images").display());
    let config = config.display().to_string();
    let flags = ["--config", &config, "--store", &redis.url(), "--images", &images];
    Ok(flags.map(str::to_owned).to_vec())
}

/// The processor time of one process, in seconds.
fn processor_time(id: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The name, in brackets, may hold anything; after it, utime and stime are the 12th and 13th.
    let (_, fields) = stat.rsplit_once(')').context("/proc/<id>/stat has a name in brackets")?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / TICKS)
}

/// Waits for what must come.
pub async fn until(what: &str, so: impl Fn() -> bool) -> anyhow::Result<()> {
    let deadline = Instant::now() + DEADLINE;
    while !so() {
        anyhow::ensure!(Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// Lets time pass in which nothing has to happen.
pub async fn settle() {
    tokio::time::sleep(Duration::from_secs(2)).await;
}
