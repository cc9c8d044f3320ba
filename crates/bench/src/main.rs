//! Measures the system against the ceilings of the machine and against its peers: `bench --help`
//! says how.
//!
//! Everything is a row of one table (`report`), made by a file of `measure`. Contenders
//! (`harness::contender`) are measured one after the other, in several rounds: ourselves
//! (`system`), ceilings (`ceiling`) and peers (`peer`). What their repeats say together is in
//! `stats`, whether they can be compared in `report::comparison`.

mod args;
mod ceiling;
mod info;
mod installed_peers;
mod load;
mod measure;
mod peer;
mod programs;
mod report;
mod service;
mod stats;
mod subprocess;
mod system;

mod harness {
    pub mod bench;
    pub mod contender;
    pub mod machine;
    pub mod plan;
    pub mod process_benchmark;
}
mod jobs {
    pub mod backlog;
    pub mod queue;
}
mod photos {
    pub mod images;
    pub mod photo;
}
mod process {
    pub mod cores;
    pub mod outcome;
    pub mod usage;
}

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use photo_config::program;

use crate::args::{Args, Options, What};
use crate::harness::bench::Bench;
use crate::harness::plan::Plan;
use crate::installed_peers::InstalledPeers;
use crate::process::cores::Cores;
use crate::programs::build_programs;
use crate::report::table::{Markdown, Terminal};
use crate::report::{Judged, Report};

fn main() -> ExitCode {
    let Args { what, options } = Args::parse();
    let done = match what {
        What::Subprocess(subprocess) => subprocess.run(),
        what => measure(&what, &options),
    };
    program::end("bench", done)
}

fn measure(what: &What, options: &Options) -> anyhow::Result<()> {
    if !options.no_build {
        build_programs()?;
    }
    let plan = if options.quick { Plan::quick() } else { Plan::full(options.rounds) };
    let cores = Cores::find(options.cores.as_deref())?;
    let peers = if options.no_peers { None } else { Some(InstalledPeers::install()?) };
    let versions = peers.as_ref().map(InstalledPeers::versions).transpose()?;
    let bench = Bench::new(plan, cores, peers, options.folder.as_deref())?;
    // On this thread, so that what is started inherits its cores.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let rows = runtime.block_on(measure::run(what, &bench))?;
    let report = Report {
        machine: bench.machine.end(bench.cores.count())?,
        peers: versions.unwrap_or_default(),
        quick: options.quick,
        rounds: bench.plan.rounds,
        rows: rows.into_iter().map(Judged::from).collect(),
    };
    print!("{}", Terminal(&report));
    if let Some(file) = &options.json {
        let text = serde_json::to_string_pretty(&report)?;
        std::fs::write(file, text).with_context(|| file.display().to_string())?;
    }
    if let Some(file) = &options.markdown {
        let text = Markdown(&report).to_string();
        std::fs::write(file, text).with_context(|| file.display().to_string())?;
    }
    Ok(())
}
