//! `photoctl fsck`: whether photos, records and jobs agree.

use std::collections::BTreeMap;
use std::io::Write;

use serde::Deserialize;
use serde_json::Value;

use super::context::Context;
use crate::client::Step;
use crate::ending::{Ending, Trouble};
use crate::output::TableArgs;
use crate::text::count;

/// Have the server compare photos, records and jobs, and repair what does not agree
///
/// Safe while everything runs. The server does the same by itself, once a day and after its job
/// store lost data.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Change nothing; exit with 1 if something does not agree
    #[arg(long)]
    dry_run: bool,

    /// Also read all photos and compare them with their hashes
    #[arg(long)]
    deep: bool,

    #[command(flatten)]
    form: TableArgs,
}

/// What the server found: counts, and whether all agreed.
#[derive(Deserialize)]
struct Report {
    agree: bool,
    unmended: u64,
    #[serde(default)]
    findings: Vec<Finding>,
    #[serde(flatten)]
    counts: BTreeMap<String, u64>,
}

/// What is wrong with one image.
#[derive(Deserialize)]
struct Finding {
    image: String,
    what: String,
}

pub(crate) async fn run(args: Args, context: &Context) -> Result<Ending, Trouble> {
    let server = context.server()?;
    let mut walk = server.fsck(args.dry_run, args.deep).await?;
    let bar = context.reporter.bar("folders");
    let report = loop {
        match walk.next().await? {
            Step::Progress(progress) => {
                let number = |name: &str| progress.get(name).and_then(Value::as_u64);
                bar.set_length(number("of").unwrap_or(0));
                bar.set_position(number("shelves").unwrap_or(0));
            }
            Step::Report(report) => break report,
            Step::Problem(problem) => {
                context.reporter.complain(&format!("the walk was broken off: {}", problem.detail));
                return Ok(Ending::SomeFailed);
            }
        }
    };
    bar.finish_and_clear();
    if args.form.is_json() {
        super::print_document(context, &report)?;
    }
    let report: Report = server.read_document(&report)?;
    if !args.form.is_json() {
        context.reporter.print(|output| report.write(output))?;
    }
    if report.unmended > 0 {
        context.reporter.complain("some of it cannot be read or mended; the server's log says why");
    } else if args.dry_run && !report.agree {
        context.reporter.complain("not all agrees; without --dry-run it is mended");
    }
    Ok(Ending::Done)
}

impl Report {
    fn write(&self, output: &mut impl Write) -> std::io::Result<()> {
        let unmended = ("unmended", self.unmended);
        let counts = self.counts.iter().map(|(name, number)| (name.as_str(), *number));
        for (name, number) in counts.chain([unmended]) {
            writeln!(output, "{:>12}  {}", count(number), name.replace('_', " "))?;
        }
        for Finding { image, what } in &self.findings {
            writeln!(output, "{image}  {what}")?;
        }
        Ok(())
    }
}
