//! Offers an api ten times what it can do: `overload --help` says how.
//!
//! First it is found with how many clients that upload one photo after another (`closed`) the
//! throughput is best. Then these, and uploads that begin at ten times their rate whether the
//! others are answered or not, each on a connection of its own (`open`), take turns, as the machine
//! may be faster at one time than at another. What is asked for is that the api goes on doing what
//! it can, refuses the rest fast, and does not grow.
//!
//! Both programs share one machine, so the uploads are cheap to make (`upload`), and each program
//! can be kept to cores of its own.

mod closed;
mod open;
mod process;
mod report;
mod upload;
mod world;

use std::num::NonZeroU32;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use crate::report::Report;
use crate::upload::Uploads;
use crate::world::World;

/// How many clients look for the best throughput, one number after the other.
const CLIENTS: [usize; 7] = [4, 8, 16, 32, 64, 128, 256];

/// Offers an api ten times the load that it can take, and prints how it copes.
///
/// Needs redis-server, taskset, and the program api built beside this one. Exits with 0 only if the
/// load was really offered, the api keeps four fifths of its best throughput and refuses all other
/// uploads, 99 of 100 of them within 100 ms, and uses at most one and a half times the memory that
/// it used while the best was searched for.
#[derive(Debug, Clone, Parser)]
#[command(name = "overload", version)]
struct Args {
    /// The bytes of one photo
    #[arg(long, value_name = "BYTES", default_value_t = 1_000_000)]
    photo_bytes: usize,

    /// How many times the best throughput is offered
    #[arg(long, value_name = "NUMBER", default_value_t = 10)]
    factor: u32,

    /// How long the overload lasts, in seconds, over all rounds; the best throughput is searched
    /// for and measured as long
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    seconds: u64,

    /// The number of rounds in which best throughput and overload take turns
    #[arg(long, value_name = "NUMBER", default_value = "4")]
    rounds: NonZeroU32,

    /// The cores of the api, in the form of taskset [default: all]
    #[arg(long, value_name = "LIST")]
    api_cores: Option<String>,

    /// The cores of this program and of Redis [default: all]
    #[arg(long, value_name = "LIST")]
    own_cores: Option<String>,

    /// Lines for the configuration of the api, such as "api.max_uploads = 64"
    #[arg(long, value_name = "LINE")]
    set: Vec<String>,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(report) => {
            println!("{report}");
            if report.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("overload: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> anyhow::Result<Report> {
    // Before there are other threads and Redis, which inherit it.
    if let Some(cores) = &args.own_cores {
        process::pin_self(cores)?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // All clients are one task. As one it might read and write 128 times before all must wait, and
    // clients that wait do not send: the load would be held back just when it is highest.
    runtime.block_on(tokio::task::unconstrained(async {
        let world = World::start(args.api_cores.as_deref(), &args.set)?;
        let uploads = Uploads::new(world.address, args.photo_bytes);
        let search = Duration::from_secs(args.seconds) / u32::try_from(CLIENTS.len())?;
        closed::run(&uploads, CLIENTS[0], search).await?;
        let mut levels = Vec::new();
        for clients in CLIENTS {
            world.forget_photos()?;
            levels.push((clients, closed::run(&uploads, clients, search).await?));
        }
        let memory = world.usage()?.peak;
        let mut report = Report::new(levels, memory, args.factor);
        let time = Duration::from_secs(args.seconds) / args.rounds.get();
        for _ in 0..args.rounds.get() {
            world.forget_photos()?;
            let begin = world.usage()?;
            let best = closed::run(&uploads, report.best_clients(), time).await?;
            let calm = world.usage()?.since(&begin);
            world.forget_photos()?;
            let begin = world.usage()?;
            let outcome = open::run(&uploads, best * f64::from(args.factor), time).await;
            report.add(best, calm, outcome, world.usage()?.since(&begin));
        }
        Ok(report)
    }))
}
