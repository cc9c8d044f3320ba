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

use std::process::ExitCode;

use clap::{Parser, ValueEnum};

/// Measures isolation and recovery, and prints the figures as they stand in docs/RELIABILITY.md.
///
/// Needs redis-server, and the programs api and dispatcher built beside this one. Exits with 0 only
/// if a model keeps 95 % of its throughput, and of its jobs per second of processor time, beside a
/// model in trouble; jobs of killed dispatchers run elsewhere within a second after their lease; a
/// model that is back gets its first job within a second and never exceeds its limit; and a model
/// keeps 90 % of its throughput with one bad replica of three. Rounds must last three seconds with
/// neighbours and twenty with replicas; a round with replicas takes a quarter of an hour.
#[derive(Debug, Parser)]
#[command(name = "isolation", version)]
struct Args {
    /// What to measure [default: everything]
    #[arg(value_enum)]
    what: Vec<What>,

    /// How many rounds of each kind
    #[arg(long, value_name = "COUNT", default_value_t = 4)]
    rounds: usize,

    /// How many jobs the working model has in a round
    #[arg(long, value_name = "COUNT", default_value_t = 30_000)]
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
async fn main() -> ExitCode {
    match measure(&Args::parse()).await {
        Ok(missed) if missed.is_empty() => ExitCode::SUCCESS,
        Ok(missed) => {
            println!("\nMISSED: {missed:?}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Measures what is asked for. Answers what did not keep its bound.
async fn measure(args: &Args) -> anyhow::Result<Vec<What>> {
    let &Args { ref what, rounds, jobs } = args;
    let mut missed = Vec::new();
    let measures = |one| what.is_empty() || what.contains(&one);
    if measures(What::Neighbours) {
        let kept = neighbours::measure(rounds, jobs).await?;
        missed.extend((!kept).then_some(What::Neighbours));
    }
    if measures(What::Recovery) {
        let kept = recovery::measure().await?;
        missed.extend((!kept).then_some(What::Recovery));
    }
    if measures(What::Comeback) {
        let kept = comeback::measure(rounds * 2).await?;
        missed.extend((!kept).then_some(What::Comeback));
    }
    if measures(What::Replicas) {
        let kept = replicas::measure(rounds, jobs).await?;
        missed.extend((!kept).then_some(What::Replicas));
    }
    Ok(missed)
}
