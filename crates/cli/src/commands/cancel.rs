//! `photoctl cancel`: not to be done after all.

mod unfinished;

use std::io::{self, Write};
use std::pin::pin;

use futures_util::StreamExt;
use photo_core::{ImageKey, ModelName};

use super::context::Context;
use crate::client::CancelledJob;
use crate::ending::{Ending, Trouble};
use crate::output::{Column, Row, Table, TableArgs};
use crate::targets::TargetArgs;
use crate::text::{count_of, printable};

/// The most images in one request, of which the answer names all jobs.
pub(super) const MOST_IMAGES: usize = 1_000;

/// Cancel the unfinished jobs of photos, or of models
///
/// Name photos, or models, or both (the jobs of those photos by those models). With models alone it
/// asks first. A running job is cancelled when its model has answered.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    targets: TargetArgs,

    /// Only the jobs of these models; may be repeated, or several with commas
    #[arg(short, long = "model", value_delimiter = ',', value_name = "MODEL")]
    models: Vec<ModelName>,

    /// Do not ask; required without a terminal
    #[arg(short, long)]
    yes: bool,

    #[command(flatten)]
    form: TableArgs,
}

pub(crate) async fn run(args: Args, context: &Context) -> Result<Ending, Trouble> {
    if args.targets.is_empty() && !args.models.is_empty() {
        return unfinished::run(&args, context).await;
    }
    let server = context.patient_server(None)?;
    let mut table = Table::new(&[
        Column::value("PHOTO", "PHOTO"),
        Column::name("MODEL"),
        Column::value("STATE", "STATE"),
    ]);
    let mut jobs_seen = 0;
    let bar = context.reporter.counter("jobs");
    let mut targets = pin!(args.targets.stream(&context.reporter)?.chunks(MOST_IMAGES));
    while let Some(chunk) = targets.next().await {
        let images: Vec<ImageKey> = chunk.into_iter().map(|target| target.image).collect();
        let jobs = server.cancel(&images, &args.models).await?;
        jobs_seen += jobs.len() as u64;
        bar.set_position(jobs_seen);
        context.reporter.print(|output| {
            if args.form.is_json() {
                return write_json(output, &jobs);
            }
            let rows = jobs.iter().map(|job| {
                let state = job.state.as_str().unwrap_or_default();
                let state = printable(state).into_owned();
                vec![job.image.to_string(), job.model.to_string(), state]
            });
            table.write(output, &rows.map(Row::from).collect::<Vec<_>>())
        })?;
    }
    bar.finish_and_clear();
    context.reporter.say(&count_of(jobs_seen, "job"));
    Ok(Ending::Done)
}

fn write_json(output: &mut impl Write, jobs: &[CancelledJob]) -> io::Result<()> {
    for job in jobs {
        serde_json::to_writer(&mut *output, job)?;
        output.write_all(b"\n")?;
    }
    Ok(())
}
