//! Tortures the whole system: `torture --help` says how.
//!
//! A real Redis, two apis and three dispatchers (`world`), some of which reach it over a bad wire
//! (`photo_tests::wire`), work on what clients upload (`client`) while an adversary kills, stops,
//! freezes and cuts off all of them (`adversary`). Somebody notes what Redis forgets of what it
//! acknowledged (`witness`). The models are services inside this program (`service`), so that it
//! knows what every job must answer and how many calls there were at once. Meanwhile somebody looks
//! at the jobs (`watcher`), and in the end everything is checked (`audit`): every job that was
//! accepted, and that nothing stays behind.
//!
//! The seed decides what is done to whom, and which calls a model spoils. When each happens in
//! relation to the rest is up to the machine: a seed makes a failure likely again, not certain.

mod adversary;
mod ledger;
mod model;
mod report;
mod torture;

mod checks {
    pub mod audit;
    pub mod leftovers;
    pub mod witness;
}
mod clients {
    pub mod api_client;
    pub mod client;
    pub mod watcher;
}
mod system {
    pub mod calls;
    pub mod replica;
    pub mod service;
    pub mod world;
}

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Tortures the whole system and checks that nothing was lost, done wrong, or left behind.
///
/// Needs redis-server, and the programs api and dispatcher built beside this one. Exits with 0
/// only if every check held.
#[derive(Debug, Clone, Parser)]
#[command(name = "torture", version)]
struct Args {
    /// How many jobs are made, four per photo
    #[arg(long, value_name = "COUNT", default_value_t = 20_000)]
    jobs: u64,

    /// How many times a process is killed, stopped, frozen or cut off
    #[arg(long, value_name = "COUNT", default_value_t = 200)]
    kills: u64,

    /// The seed that decides what is done to which program [default: random]
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,

    /// When Redis syncs its append-only file. With `everysec` and a busy disk a killed Redis may
    /// forget what it acknowledged; jobs that run again for that reason alone are counted and are
    /// no failure
    #[arg(long, value_enum, default_value = "everysec")]
    appendfsync: Appendfsync,

    /// Write the logs of all programs to this folder
    #[arg(long, value_name = "FOLDER")]
    logs: Option<PathBuf>,
}

/// What Redis offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Appendfsync {
    /// Before each answer.
    Always,
    /// Once a second.
    Everysec,
}

impl Appendfsync {
    /// As Redis calls it.
    fn name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Everysec => "everysec",
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match torture::run(&Args::parse()).await {
        Ok(report) => {
            println!("{report}");
            if report.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("torture: {error:#}");
            ExitCode::FAILURE
        }
    }
}
