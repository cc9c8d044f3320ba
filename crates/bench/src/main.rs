//! Measures the system against the ceilings of the machine and against its peers: `bench --help`
//! says how.
//!
//! Everything is a row of one table (`row`), made by a file of `measure`. Contenders (`contender`)
//! are measured one after the other, in several rounds: ourselves (`system`), ceilings (`ceiling`)
//! and peers. What their repeats say together is in `stats`, whether they can be compared in
//! `comparison`.

mod args;
mod backlog;
mod bench;
mod ceiling;
mod comparison;
mod contender;
mod cores;
mod errand;
mod images;
mod info;
mod load;
mod machine;
mod measure;
mod peer;
mod photo;
mod plan;
mod queue;
mod report;
mod role;
mod row;
mod service;
mod stats;
mod system;
mod table;
mod usage;

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use photo_core::program;

use crate::args::{Args, Options, What};
use crate::bench::Bench;
use crate::cores::Cores;
use crate::peer::Peers;
use crate::plan::Plan;
use crate::report::{Judged, Report};
use crate::table::{Markdown, Terminal};

fn main() -> ExitCode {
    let Args { what, options } = Args::parse();
    let done = match what {
        What::Role(role) => role.play(),
        what => measure(&what, &options),
    };
    program::end("bench", done)
}

fn measure(what: &What, options: &Options) -> anyhow::Result<()> {
    if !options.no_build {
        bench::build_programs()?;
    }
    let plan = if options.quick { Plan::quick() } else { Plan::full(options.rounds) };
    let cores = Cores::find(options.cores.as_deref())?;
    let peers = if options.no_peers { None } else { Some(Peers::install()?) };
    let versions = peers.as_ref().map(Peers::versions).transpose()?;
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
