//! Opens thousands of streams of events at one api, and tells how much memory it takes for them:
//! `streams --help` says how.

mod client;
mod world;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Parser;
use futures_util::stream::FuturesUnordered;
use futures_util::{StreamExt, TryStreamExt, stream};
use photo_tests::files::allow_many;
use tokio::time::timeout;

use crate::client::Client;
use crate::world::World;

/// How many streams are being opened at the same time.
const OPENING: usize = 64;

/// How long all of it may take.
const PATIENCE: Duration = Duration::from_mins(5);

/// Opens many event streams on one api, finishes all jobs while they are open, and prints how much
/// memory the api used.
///
/// Needs redis-server, and the programs api, dispatcher and example-model built beside this one.
/// Exits with 0 only if every stream reported all its images as finished, within the memory
/// allowed.
#[derive(Debug, Clone, Parser)]
#[command(name = "streams", version)]
struct Args {
    /// How many streams
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000)]
    streams: usize,

    /// How many images each stream follows
    #[arg(long, value_name = "NUMBER", default_value_t = 10)]
    images: usize,

    /// How many photos there are; each stream follows some
    #[arg(long, value_name = "NUMBER", default_value_t = 2_000)]
    photos: usize,

    /// The most memory that the api may use, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 256)]
    memory: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("streams: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> anyhow::Result<()> {
    allow_many();
    ensure!(
        (1..=args.photos).contains(&args.images),
        "a stream follows one photo at least, and no more than there are"
    );
    let world = World::start(args.streams)?;
    let images = world.upload(args.photos).await?;
    let resident = || mib(world.api.resident_memory());
    println!("memory before: {} MiB", resident());

    let since = Instant::now();
    let followed = |number: usize| -> Vec<String> {
        images
            .iter()
            .cycle()
            .skip(number * args.images % images.len())
            .take(args.images)
            .cloned()
            .collect()
    };
    let opened = stream::iter(0..args.streams)
        .map(|number| {
            let images = followed(number);
            async move { Client::follow(world.address, &images).await }
        })
        .buffer_unordered(OPENING);
    let clients: Vec<Client> = timeout(PATIENCE, opened.try_collect())
        .await
        .context("not all streams were opened in time")??;
    println!(
        "{} streams of {} images opened in {:.1?}",
        clients.len(),
        args.images,
        since.elapsed()
    );
    println!("memory with all of them open: {} MiB", resident());

    let since = Instant::now();
    let _dispatcher = world.start_dispatcher();
    let told: FuturesUnordered<_> = clients.into_iter().map(Client::until_done).collect();
    let told: Vec<()> = timeout(PATIENCE, told.try_collect())
        .await
        .context("not all streams were told to the end in time")??;
    println!("{} streams told that all is done after {:.1?}", told.len(), since.elapsed());
    let peak = mib(world.api.peak_memory());
    println!("memory at most: {peak} MiB of {} allowed", args.memory);
    ensure!(peak <= args.memory, "that is too much");
    Ok(())
}

fn mib(bytes: u64) -> u64 {
    bytes.div_ceil(1 << 20)
}
