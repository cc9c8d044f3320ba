//! Measures what one model's trouble costs the others, and how soon work goes on after trouble.
//!
//! Every round has a system of its own (`system`): Redis, an api and dispatchers, as programs. The
//! models are services inside this program (`service`), so that it sees every call.

mod comeback;
mod figures;
mod neighbours;
mod recovery;
mod replicas;
mod service;
mod system;

use clap::{Parser, ValueEnum};

/// Measures isolation and recovery, and prints the figures as they stand in RELIABILITY.md.
///
/// Needs redis-server, and the programs api and dispatcher built beside this one.
#[derive(Debug, Parser)]
#[command(name = "isolation", version)]
struct Args {
    /// What to measure [default: everything]
    #[arg(value_enum)]
    what: Vec<What>,

    /// How many rounds of each kind
    #[arg(long, value_name = "COUNT", default_value_t = 5)]
    rounds: usize,

    /// How many jobs of the model that works there are in a round
    #[arg(long, value_name = "COUNT", default_value_t = 6000)]
    jobs: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// A fast model alone, and beside one that is slow, hangs, or is down.
    Neighbours,
    /// Dispatchers killed with jobs under way.
    Recovery,
    /// A model that was not ready and is.
    Comeback,
    /// One bad replica of three.
    Replicas,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Args { what, rounds, jobs } = Args::parse();
    let measures = |one| what.is_empty() || what.contains(&one);
    if measures(What::Neighbours) {
        neighbours::measure(rounds, jobs).await?;
    }
    if measures(What::Recovery) {
        recovery::measure().await?;
    }
    if measures(What::Comeback) {
        comeback::measure(rounds * 2).await?;
    }
    if measures(What::Replicas) {
        replicas::measure(rounds, jobs / 2).await?;
    }
    Ok(())
}
