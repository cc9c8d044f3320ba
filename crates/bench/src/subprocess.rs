//! This program as a subprocess of the one that measures: the servers and clients that are
//! measured, or measured against, each in a process of its own so that its use of the processor can
//! be told.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Subcommand;
use humantime::parse_duration;
use photo_tests::program::Program;

use crate::ceiling::{disk, hash, post, receive};
use crate::process::outcome::ProcessOutcome;
use crate::service::{self, Generation};

/// What a subprocess does.
#[derive(Debug, Clone, Subcommand)]
pub enum Subprocess {
    /// A model service that does nothing
    Service {
        #[arg(long)]
        generation: Generation,
        #[arg(long, value_parser = parse_duration)]
        takes: Duration,
    },
    /// A server that drops what it is sent
    Receive {
        /// A Redis that is asked before a status is told
        #[arg(long)]
        redis: Option<String>,
    },
    /// Hashes photos
    Hash {
        #[arg(long)]
        bytes: usize,
        #[arg(long, value_parser = parse_duration)]
        time: Duration,
    },
    /// Writes and syncs photos
    Disk {
        #[arg(long)]
        folder: PathBuf,
        #[arg(long)]
        bytes: usize,
        /// Nothing is written down about them
        #[arg(long)]
        without_records: bool,
        #[arg(long)]
        threads: usize,
        #[arg(long, value_parser = parse_duration)]
        time: Duration,
    },
    /// Posts photos to a model service
    Post {
        #[arg(long)]
        address: SocketAddr,
        #[arg(long)]
        generation: Generation,
        #[arg(long)]
        bytes: usize,
        #[arg(long)]
        concurrency: usize,
        /// A file that names stored photos, whose files are then used as the dispatcher must
        #[arg(long)]
        photos: Option<PathBuf>,
        #[arg(long, value_parser = parse_duration)]
        time: Duration,
    },
}

impl Subprocess {
    /// Does it.
    pub fn run(self) -> anyhow::Result<()> {
        let outcome = match self {
            Self::Service { generation, takes } => return service::serve(generation, takes),
            Self::Receive { redis } => return receive::serve(redis.as_deref()),
            Self::Hash { bytes, time } => hash::run(bytes, time),
            Self::Disk { folder, bytes, without_records, threads, time } => {
                disk::run(&folder, bytes, !without_records, threads, time)
            }
            Self::Post { address, generation, bytes, concurrency, photos, time } => {
                let bodies = post::Bodies::new(generation, bytes, photos.as_deref())?;
                post::run(address, bodies, concurrency, time)
            }
        };
        println!("{}", serde_json::to_string(&outcome?)?);
        Ok(())
    }
}

/// Starts this program as the subprocess that these arguments name.
pub fn start(args: &[String]) -> anyhow::Result<Program> {
    let own = std::env::current_exe().context("a running program has a path")?;
    let mut command = Command::new(own);
    command.arg("subprocess").args(args);
    Ok(Program::spawn(&args[0], &std::env::temp_dir(), command))
}

/// Starts a subprocess that is a server; returns also where it listens.
pub fn start_server(args: &[String]) -> anyhow::Result<(Program, SocketAddr)> {
    let server = start(args)?;
    let address = server.wait_for_line("listening on http://");
    Ok((server, address.parse().with_context(|| format!("`{address}` is no address"))?))
}

/// Starts a model service that takes this time for each photo.
pub fn start_service(
    generation: Generation,
    takes: Duration,
) -> anyhow::Result<(Program, SocketAddr)> {
    let takes = format!("{takes:?}");
    let args = ["service", "--generation", generation.name(), "--takes", &takes];
    start_server(&args.map(str::to_owned))
}

/// Waits for a subprocess that ends by itself.
pub fn outcome(program: Program) -> anyhow::Result<ProcessOutcome> {
    let (status, said) = program.ended();
    ensure!(status.success(), "{said}");
    serde_json::from_str(said.lines().last().unwrap_or_default()).context(said)
}
