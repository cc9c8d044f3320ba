//! The program `dispatcher`: flags, configuration, stores, and then the library.

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use photo_config::program::{self, ProgramArgs};
use photo_store::{Sharing, open_image_store, open_job_store};
use serde_json::json;

/// Claims jobs from the queue, posts the photos to the model services and records the results.
///
/// Run as many dispatchers as you like on one Redis: they share the work, and a model's limit of
/// concurrent requests holds for all of them together. The jobs of one that dies go to the others.
///
/// SIGTERM or Ctrl-C stops it: it claims no more jobs, waits for the running ones, and hands back
/// those that take longer than --drain.
#[derive(Debug, Parser)]
#[command(name = "dispatcher", version, after_help = EXAMPLES)]
struct Args {
    #[command(flatten)]
    program: ProgramArgs,

    /// Address and port of the dispatcher's health checks [default: none]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,

    /// The most jobs that run at once, over all models [default: 256]
    #[arg(long, value_name = "COUNT")]
    max_in_flight: Option<u32>,

    /// How long a dispatcher that died or hangs keeps its jobs, such as 15s [default: 15s]
    #[arg(long, value_name = "TIME")]
    lease: Option<String>,

    /// How long to wait for running jobs when stopped, such as 30s [default: 30s]
    #[arg(long, value_name = "TIME")]
    drain: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  dispatcher --model wood=5005
      One model on this machine, jobs in the Redis of this machine.
  dispatcher --config /etc/photo.toml --store redis://redis:6379 --log info,photo_dispatcher=debug
      All from a file, but the store, and a line for every job.

Every flag is also a setting: PHOTO_DISPATCHER__DRAIN=1m, or drain = \"1m\" in photo.toml.
photo.sample.toml explains them all.";

#[tokio::main]
async fn main() -> ExitCode {
    program::end("dispatcher", run(Args::parse()).await)
}

async fn run(args: Args) -> anyhow::Result<()> {
    let mut flags = json!({});
    let own = [
        ("listen", args.listen.map(|address| json!(address))),
        ("max_in_flight", args.max_in_flight.map(|count| json!(count))),
        ("lease", args.lease.map(|time| json!(time))),
        ("drain", args.drain.map(|time| json!(time))),
    ];
    for (key, value) in own {
        if let Some(value) = value {
            flags["dispatcher"][key] = value;
        }
    }
    let config = args.program.start(&json!({}), flags)?;

    let stop = program::stop_token();
    let images = open_image_store(&config.images)?;
    let store = Box::pin(open_job_store(&config.store, Sharing::ManyProcesses)).await;
    let store = store.context("the dispatcher needs a store that it can share with the api")?;
    photo_dispatcher::run(store, images, &config, stop).await
}
