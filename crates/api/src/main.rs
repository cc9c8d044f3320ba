//! Starts the API: `api --help` says how.

use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;

use actix_web::web;
use anyhow::Context;
use clap::{Parser, Subcommand};
use photo_api::AppState;
use photo_caretaker::Caretaker;
use photo_config::program::{self, ProgramArgs};
use photo_core::Clock;
use photo_store::{Sharing, open_image_store, open_job_store};
use serde_json::json;

/// Receives photos and answers results over HTTP.
///
/// Photos are stored and their jobs queued in Redis; any number of `dispatcher` programs on the
/// same Redis and image folder send the jobs to the models. Run as many `api` programs as you
/// like. Every setting: photo.sample.toml.
#[derive(Parser)]
#[command(
    name = "api",
    version,
    after_help = "Example:\n  api --store redis://localhost:6379 \
    --images file:data/images --model average_color=http://localhost:5005"
)]
struct Args {
    /// Address and port to listen on [default: 127.0.0.1:5000]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,

    #[command(flatten)]
    program: ProgramArgs,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Caretaker(photo_caretaker::Command),

    /// Print the description of the API, as an OpenAPI document
    Openapi,
}

#[tokio::main]
async fn main() -> ExitCode {
    program::end("api", run(Args::parse()).await)
}

async fn run(args: Args) -> anyhow::Result<()> {
    if let Some(Command::Openapi) = args.command {
        return program::print(&format!("{:#}\n", photo_api::openapi_document()))
            .context("the document cannot be written");
    }
    let mut flags = json!({});
    if let Some(listen) = &args.listen {
        flags["api"]["listen"] = json!(listen);
    }
    let config = args.program.start(&json!({}), flags)?;
    let stop = program::stop_token();
    let images = open_image_store(&config.images)?;
    let jobs = open_job_store(&config.store, Sharing::ManyProcesses).await?;
    let caretaker =
        Caretaker::new(Arc::clone(&jobs), Arc::clone(&images), &config, Clock::default());
    if let Some(Command::Caretaker(command)) = &args.command {
        return caretaker.obey(command).await;
    }
    let listen = config.api.listen.clone();
    let listener = TcpListener::bind(&listen)
        .with_context(|| format!("cannot listen on {listen} (api.listen)"))?;
    let address = listener.local_addr()?;
    tracing::info!(
        store = %config.store.url, images = %config.images.url, models = config.models.len(),
        "listening on http://{address}"
    );
    tokio::spawn(caretaker.run(stop.clone()));
    let state = web::Data::from(Arc::new(AppState::new(jobs, images, config)?));
    photo_api::serve(listener, state, stop)?.await.context("the server failed")
}
