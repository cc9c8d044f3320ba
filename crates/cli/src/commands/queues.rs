//! `photoctl queues`: what is to be done, and who does it.

mod frame;
mod history;
mod screen;

use std::io::IsTerminal;

use super::context::Context;
use crate::client::{Queue, Queues};
use crate::ending::{Ending, Trouble};
use crate::output::{Column, Row, Table, TableArgs, is_terminal};
use crate::text::{count, count_of, printable};

/// Show the models' queues, their services and the dispatchers
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Keep updating; q quits
    #[arg(short, long)]
    watch: bool,

    #[command(flatten)]
    form: TableArgs,
}

pub(crate) async fn run(args: Args, context: &Context) -> Result<Ending, Trouble> {
    if args.watch {
        if !is_terminal() || !std::io::stdin().is_terminal() {
            let why = "--watch needs a terminal; without it the queues are written once";
            return Err(Trouble::Usage(why.to_owned()));
        }
        let server = context.server()?;
        screen::watch(&server).await?;
        return Ok(Ending::Done);
    }
    let server = context.server()?;
    let document = server.document("/queues", &[]).await?;
    if args.form.is_json() {
        super::print_document(context, &document)?;
        return Ok(Ending::Done);
    }
    let queues: Queues = server.read_document(&document)?;
    let rows: Vec<Row> = queues.models.iter().map(|queue| row(queue, &queues).into()).collect();
    let mut table = Table::new(&[
        Column::name("MODEL"),
        Column::value("QUEUED", "QUEUED"),
        Column::value("RUNNING", "RUN"),
        Column::value("WAITING", "WAIT"),
        Column::value("FAILED", "FAILED"),
        Column::value("PER SECOND", "RATE/S"),
        Column::value("OLDEST", "OLDEST"),
        Column::text("STATE"),
    ]);
    context.reporter.print(|output| table.write(output, &rows))?;
    context.reporter.say(&dispatchers(&queues));
    Ok(Ending::Done)
}

fn row(queue: &Queue, queues: &Queues) -> Vec<String> {
    vec![
        queue.model.to_string(),
        count(queue.queued.sum()),
        count(queue.running),
        count(queue.waiting),
        count(queue.failed),
        rate(queue),
        oldest(queue, queues),
        state(queue, queues),
    ]
}

/// How fast the model is, or a stroke where that is not known.
fn rate(queue: &Queue) -> String {
    match queue.rate_per_second {
        Some(rate) if rate >= 100.0 => format!("{rate:.0}"),
        Some(rate) => format!("{rate:.1}"),
        None => "-".to_owned(),
    }
}

/// For how long the oldest job has been in line.
fn oldest(queue: &Queue, queues: &Queues) -> String {
    let Some(since) = queue.oldest_queued_at else { return "-".to_owned() };
    let seconds = queues.at.0.saturating_sub(since.0) / 1_000;
    match seconds {
        0..100 => format!("{seconds}s"),
        100..6_000 => format!("{}m", seconds / 60),
        6_000..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// What a model is called that nothing keeps from working.
pub(super) const READY: &str = "ready";

/// What is said of a model that no dispatcher has called.
pub(super) const NOT_REACHED: &str = "not reached yet";

/// What keeps the model from working, or that nothing does.
pub(super) fn state(queue: &Queue, queues: &Queues) -> String {
    if let Some(hold) = &queue.hold {
        return format!("waits: {}", printable(&hold.message));
    }
    if queue.endpoints.is_empty() {
        return "no services".to_owned();
    }
    if queues.dispatchers.is_empty() {
        return "no dispatcher".to_owned();
    }
    let bad = queue.endpoints.iter().filter(|it| !matches!(it.state.as_str(), "up" | "unknown"));
    let bad: Vec<String> = bad
        .map(|endpoint| {
            let reason = endpoint.reason.as_deref().map(|it| format!(" ({it})"));
            printable(&format!("{} {}{}", endpoint.url, endpoint.state, reason.unwrap_or_default()))
                .into_owned()
        })
        .collect();
    let is_reached = queue.endpoints.iter().any(|endpoint| endpoint.state == "up");
    match (bad.is_empty(), is_reached) {
        (true, true) => READY.to_owned(),
        (true, false) => NOT_REACHED.to_owned(),
        (false, _) => bad.join("; "),
    }
}

/// Who works on the queues.
fn dispatchers(queues: &Queues) -> String {
    if queues.dispatchers.is_empty() {
        return "no dispatchers: jobs wait until one is started".to_owned();
    }
    let names = queues.dispatchers.iter().map(|dispatcher| {
        let stopping = if dispatcher.stopping { ", stopping" } else { "" };
        let (host, pid) = (printable(&dispatcher.host), dispatcher.pid);
        format!("{host}/{pid} ({} in flight{stopping})", dispatcher.in_flight)
    });
    let names: Vec<String> = names.collect();
    format!("{}: {}", count_of(names.len() as u64, "dispatcher"), names.join(", "))
}
