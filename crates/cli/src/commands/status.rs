//! `photoctl status`: how far photos have come.

use std::collections::BTreeMap;
use std::pin::pin;

use futures_util::StreamExt;
use photo_core::{ImageKey, ModelName};

use super::context::Context;
use super::counts::Counts;
use crate::client::{ImageView, MOST_IMAGES, Server};
use crate::ending::{Ending, Trouble};
use crate::follow::{Rule, Unknown};
use crate::output::{Detail, FormatArgs, Results, Shown};
use crate::targets::{Target, TargetArgs};
use crate::text::{count, count_of};

/// Up to so many images are asked about one by one, as the server then says also where each job is
/// in line and when it may be done.
const MOST_IN_DETAIL: usize = 20;

/// Show the states of photos, and what they wait for
///
/// Exits with 0 if all succeeded, 1 if some failed or are unknown, 4 if some are not finished yet.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    shown: ShownArgs,
}

/// What is shown, and how.
#[derive(Debug, clap::Args)]
pub(super) struct ShownArgs {
    #[command(flatten)]
    targets: TargetArgs,

    /// Only the jobs of these models; may be repeated, or several with commas
    #[arg(short, long = "model", value_delimiter = ',', value_name = "MODEL")]
    models: Vec<ModelName>,

    #[command(flatten)]
    format: FormatArgs,
}

pub(crate) async fn run(args: Args, context: &Context) -> Result<Ending, Trouble> {
    show(&args.shown, Detail::Status, context).await
}

/// Writes all images that are named, and says how far they are by the exit code.
pub(super) async fn show(
    shown: &ShownArgs,
    detail: Detail,
    context: &Context,
) -> Result<Ending, Trouble> {
    let ShownArgs { targets, models, format } = shown;
    let server = context.patient_server(None)?;
    let rule = Rule { models: models.clone(), unknown: Unknown::Settles };
    let mut results = Results::new(format.format()?, detail, models);
    let mut counts = Counts::default();
    let mut targets = pin!(targets.stream(&context.reporter)?.chunks(MOST_IMAGES));
    let bar = context.reporter.counter("photos");
    while let Some(chunk) = targets.next().await {
        let views = look(&server, &chunk, models).await?;
        bar.inc(chunk.len() as u64);
        let images: Vec<Shown<'_>> = chunk
            .into_iter()
            .map(|target| (target.image, target.path, views.get(&target.image)))
            .collect();
        for (_, _, view) in &images {
            counts.count(&rule, *view);
        }
        context.reporter.print(|output| results.write(output, &images))?;
    }
    bar.finish_and_clear();
    context.reporter.print(|output| results.end(output))?;
    tell(&counts, &rule, context);
    Ok(counts.ending())
}

async fn look(
    server: &Server,
    targets: &[Target],
    models: &[ModelName],
) -> Result<BTreeMap<ImageKey, ImageView>, Trouble> {
    let images: Vec<ImageKey> = targets.iter().map(|target| target.image).collect();
    if images.len() > MOST_IN_DETAIL {
        return Ok(server.images(&images, models).await?);
    }
    let mut views = BTreeMap::new();
    for image in images {
        views.extend(server.image(image, models).await?.map(|view| (image, view)));
    }
    Ok(views)
}

/// Says how many are how far.
fn tell(counts: &Counts, rule: &Rule, context: &Context) {
    let part = |number: u64, what: &str| (number > 0).then(|| format!("{} {what}", count(number)));
    let parts = [
        part(counts.succeeded, "done"),
        part(counts.unfinished, "not done yet"),
        part(counts.failed, "failed or cancelled"),
        counts.unknown_in_words(rule),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let parts = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    context.reporter.say(&format!("{}{parts}", count_of(counts.all(), "photo")));
}
