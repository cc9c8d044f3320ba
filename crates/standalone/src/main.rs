//! Starts the whole system in one process: `standalone --help` says how.

use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;

use actix_web::web;
use anyhow::Context;
use clap::Parser;
use photo_api::AppState;
use photo_caretaker::{Caretaker, Command};
use photo_config::program::{self, ProgramArgs};
use photo_core::Clock;
use photo_store::{Sharing, open_image_store, open_job_store};
use serde_json::json;
use tokio_util::sync::CancellationToken;

mod examples;
mod welcome;

/// The whole system in one process, with nothing installed: API, dispatcher, job store, and
/// example models.
///
/// Jobs are kept in data/jobs.db and photos in data/images; both survive a restart. For more
/// than one process, run `api` and `dispatcher` on a Redis. Every setting: photo.sample.toml.
#[derive(Parser)]
#[command(name = "standalone", version)]
struct Args {
    /// Address and port to listen on [default: 127.0.0.1:5000]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,

    /// Do not run the example models
    #[arg(long)]
    no_example_models: bool,

    #[command(flatten)]
    program: ProgramArgs,

    #[command(subcommand)]
    command: Option<Command>,
}

#[tokio::main]
async fn main() -> ExitCode {
    program::end("standalone", run(Args::parse()).await)
}

async fn run(args: Args) -> anyhow::Result<()> {
    let base = json!({"store": {"url": "sqlite:data/jobs.db"}});
    let mut flags = json!({});
    if let Some(listen) = &args.listen {
        flags["api"]["listen"] = json!(listen);
    }
    if args.no_example_models {
        flags["standalone"]["example_models"] = json!(false);
    }
    let mut config = args.program.start(&base, flags)?;
    let images = open_image_store(&config.images)?;
    let jobs = open_job_store(&config.store, Sharing::OneProcess).await?;
    let caretaker =
        Caretaker::new(Arc::clone(&jobs), Arc::clone(&images), &config, Clock::default());
    if let Some(command) = &args.command {
        return caretaker.obey(command).await;
    }
    let listen = config.api.listen.clone();
    let listener = TcpListener::bind(&listen)
        .with_context(|| format!("cannot listen on {listen} (--listen takes another address)"))?;

    // The API stops first, then the dispatcher, then the models it may still wait for.
    let stop_api = program::stop_token();
    let (stop_dispatcher, stop_models) = (CancellationToken::new(), CancellationToken::new());
    if config.standalone.example_models {
        examples::start(&mut config, &stop_models)?;
    }
    welcome::show(&config, listener.local_addr()?);
    let dispatcher = tokio::spawn({
        let (jobs, images) = (Arc::clone(&jobs), Arc::clone(&images));
        let (config, stop) = (config.clone(), stop_dispatcher.clone());
        // Without a dispatcher nothing would be done: the rest stops with it.
        let stops = stop_api.clone().drop_guard();
        async move {
            let _stops = stops;
            photo_dispatcher::run(jobs, images, &config, stop).await
        }
    });
    tokio::spawn(caretaker.run(stop_api.clone()));
    let state = web::Data::from(Arc::new(AppState::new(jobs, images, config)?));
    photo_api::serve(listener, state, stop_api)?.await.context("the server failed")?;
    stop_dispatcher.cancel();
    dispatcher.await.context("the dispatcher failed")??;
    stop_models.cancel();
    Ok(())
}
