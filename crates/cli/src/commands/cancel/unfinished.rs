//! Cancelling whatever there is to do for models.

use std::io::{self, BufRead, IsTerminal, Write};

use photo_core::ModelName;

use super::super::context::Context;
use super::{Args, write_json};
use crate::client::{Queue, Queues, Server};
use crate::ending::{Ending, Trouble};
use crate::text::count_of;

/// The most jobs in one request: it is answered within seconds, and the bar moves.
const MOST_JOBS: u64 = 1_000;

pub(super) async fn run(args: &Args, context: &Context) -> Result<Ending, Trouble> {
    let server = context.patient_server(None)?;
    let models = &args.models;
    if !args.yes && !is_wanted(unfinished(&server, models).await?, models, context).await? {
        return Ok(Ending::Unfinished);
    }
    let bar = context.reporter.bar("jobs");
    let (mut cancelled, mut running) = (0, 0);
    loop {
        let step = server.cancel_models(models, MOST_JOBS).await?;
        let (jobs, remaining) = (step.jobs.len() as u64, step.remaining.unwrap_or(0));
        let stopped = step.jobs.iter().filter(|job| job.state == "CANCELLED").count() as u64;
        cancelled += stopped;
        running += step.jobs.iter().filter(|job| job.state == "RUNNING").count() as u64;
        bar.set_length(cancelled + remaining);
        bar.set_position(cancelled);
        if args.form.is_json() {
            context.reporter.print(|output| write_json(output, &step.jobs))?;
        }
        if jobs == 0 || jobs < MOST_JOBS && remaining == 0 {
            break;
        }
    }
    bar.finish_and_clear();
    context.reporter.say(&match running {
        0 => format!("{} cancelled", count_of(cancelled, "job")),
        _ => format!(
            "{} cancelled, and {} when their models have answered",
            count_of(cancelled, "job"),
            count_of(running, "running job")
        ),
    });
    Ok(Ending::Done)
}

/// How many jobs there are to cancel, about.
async fn unfinished(server: &Server, models: &[ModelName]) -> Result<u64, Trouble> {
    let document = server.document("/queues", &[]).await?;
    let queues: Queues = server.read_document(&document)?;
    let meant = queues.models.iter().filter(|queue| models.contains(&queue.model));
    Ok(meant.map(|queue: &Queue| queue.queued.sum() + queue.waiting + queue.running).sum())
}

/// Asks whoever sits at the terminal.
async fn is_wanted(jobs: u64, models: &[ModelName], context: &Context) -> Result<bool, Trouble> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        let why = "all jobs of these models are to be cancelled, and there is no terminal to ask at \
                   whether that is meant: say so with --yes, or name photos";
        return Err(Trouble::Usage(why.to_owned()));
    }
    let names: Vec<&str> = models.iter().map(ModelName::as_str).collect();
    let names = names.join(", ");
    let question =
        format!("Cancel {} of {names}, whoever asked for them? [y/N] ", count_of(jobs, "job"));
    let answer = tokio::task::spawn_blocking(move || {
        let mut answer = String::new();
        write!(io::stderr(), "{question}")?;
        io::stdin().lock().read_line(&mut answer)?;
        Ok::<_, io::Error>(answer)
    });
    let answer = answer.await.map_err(io::Error::other)?;
    let answer =
        answer.map_err(|error| Trouble::File { what: "the terminal".to_owned(), error })?;
    let is_wanted = matches!(answer.trim().to_lowercase().as_str(), "y" | "yes");
    if !is_wanted {
        context.reporter.say("nothing is cancelled");
    }
    Ok(is_wanted)
}
