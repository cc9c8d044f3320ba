//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::subprocess::Subprocess;

/// Measures the system against the ceilings of the machine and against its peers.
///
/// It starts what it measures: the programs built beside it, a Redis and folders of its own. What
/// is measured has one core for itself; clients, Redis and model services have the others. Needs
/// redis-server, redis-benchmark and taskset. docs/BENCHMARKS.md says what the rows mean.
#[derive(Debug, Clone, Parser)]
#[command(name = "bench", version)]
pub struct Args {
    #[command(subcommand)]
    pub what: What,
    #[command(flatten)]
    pub options: Options,
}

/// How to measure.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// How often everything is measured
    #[arg(long, global = true, value_name = "COUNT", default_value_t = 5)]
    pub rounds: usize,

    /// Measure everything once and in miniature, only to see that it works
    #[arg(long, global = true)]
    pub quick: bool,

    /// Measure without the peers, which are installed from PyPI and npm where they are missing
    #[arg(long, global = true)]
    pub no_peers: bool,

    /// Measure what is built already, instead of having cargo build it first
    #[arg(long, global = true)]
    pub no_build: bool,

    /// Write everything that was measured to this file, as JSON
    #[arg(long, global = true, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Write the table to this file, as Markdown
    #[arg(long, global = true, value_name = "FILE")]
    pub markdown: Option<PathBuf>,

    /// The cores of what is measured, as taskset takes them; `none`: all share all [default: the
    /// first]
    #[arg(long, global = true, value_name = "LIST")]
    pub cores: Option<String>,

    /// Where photos are written: on the disk that is to be measured [default: beside this program]
    #[arg(long, global = true, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
}

/// What to measure.
#[derive(Debug, Clone, Subcommand)]
pub enum What {
    /// How fast photos are taken in
    Ingest,
    /// How fast one dispatcher takes jobs to a model
    Dispatch,
    /// How fast photos go the whole way
    EndToEnd,
    /// How fast jobs are claimed and finished, without photos and models
    Queue,
    /// How long it takes from an upload until the result can be read
    Latency,
    /// How fast a status is told, without a queue and with a long one
    Status,
    /// How much memory jobs take in Redis, and the programs under load
    Memory,
    /// What a system costs that has nothing to do
    Idle,
    /// How the system grows: dispatchers, jobs, models
    Scale,
    /// Everything
    All,
    /// What this program is for itself
    #[command(hide = true, subcommand)]
    Subprocess(Subprocess),
}
