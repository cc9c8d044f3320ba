//! The program `example-model`: flags, log, stop signal; the rest is in the library.

mod args;

use std::io::{IsTerminal, stderr};
use std::net::TcpListener;

use anyhow::Context;
use clap::Parser;
use example_model::{announce, serve};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::info;
use tracing_subscriber::EnvFilter;

use crate::args::Args;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    photo_allocator::give_large_blocks_back();
    start_log(&args.log)?;
    // Before anybody can learn from the log that the program runs and ask it to stop.
    let signals = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);

    let listener = TcpListener::bind(&args.listen)
        .with_context(|| format!("cannot listen on `{}`", args.listen))?;
    let address = listener.local_addr()?;
    let announcement = args.announcement(address)?;
    let stop = CancellationToken::new();
    let server = serve(listener, args.options()?, stop.clone())?;
    info!(model = args.name(), "listening on http://{address}");

    let tasks = TaskTracker::new();
    tasks.spawn(stop_on_signal(signals, stop.clone()));
    if let Some(announcement) = announcement {
        tasks.spawn(announce(announcement, stop.clone()));
    }
    let served = server.await;
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    Ok(served?)
}

fn start_log(filter: &str) -> anyhow::Result<()> {
    let filter =
        EnvFilter::try_new(filter).with_context(|| format!("--log: `{filter}` is not a filter"))?;
    // Otherwise a log that nobody reads any more would be reported on standard error, which is the
    // log, and that panics.
    let lines = tracing_subscriber::fmt().log_internal_errors(false);
    let lines = lines.with_env_filter(filter).with_writer(stderr);
    let started = lines.with_ansi(stderr().is_terminal()).try_init();
    started.map_err(|e| anyhow::anyhow!("the log cannot be started: {e}"))
}

/// Cancels `stop` when somebody asks the program to stop: SIGTERM or SIGINT.
async fn stop_on_signal((mut terminate, mut interrupt): (Signal, Signal), stop: CancellationToken) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = stop.cancelled() => return,
    }
    stop.cancel();
    info!("stopping");
}
