//! `photoctl retry`: failed jobs once more.

use std::io::Write;
use std::pin::pin;

use futures_util::StreamExt;
use indicatif::ProgressBar;
use photo_core::{ImageKey, ModelName};

use super::cancel::MOST_IMAGES;
use super::context::Context;
use crate::client::Server;
use crate::ending::{Ending, Trouble};
use crate::targets::TargetArgs;
use crate::text::count_of;

/// As many jobs the server puts back in one request at most.
const MOST_JOBS: u64 = 10_000;

/// Queue failed jobs again, with all their attempts
///
/// Name photos, or models, or both (the jobs of those photos by those models).
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    targets: TargetArgs,

    /// Only the jobs of these models; may be repeated, or several with commas
    #[arg(short, long = "model", value_delimiter = ',', value_name = "MODEL")]
    models: Vec<ModelName>,

    /// The most jobs to queue again
    #[arg(long, value_name = "COUNT")]
    limit: Option<u64>,
}

pub(crate) async fn run(args: Args, context: &Context) -> Result<Ending, Trouble> {
    let server = context.patient_server(None)?;
    let bar = context.reporter.counter("jobs");
    let left = args.limit.unwrap_or(u64::MAX);
    let mut retry = Retry { server, models: args.models, left, requeued: 0, bar };
    if args.targets.is_empty() && !retry.models.is_empty() {
        retry.some(None).await?;
    } else {
        let mut targets = pin!(args.targets.stream(&context.reporter)?.chunks(MOST_IMAGES));
        while let Some(chunk) = targets.next().await {
            let images: Vec<ImageKey> = chunk.into_iter().map(|target| target.image).collect();
            retry.some(Some(&images)).await?;
        }
    }
    retry.bar.finish_and_clear();
    context.reporter.print(|output| writeln!(output, "{}", retry.requeued))?;
    context.reporter.say(&format!("{} queued again", count_of(retry.requeued, "failed job")));
    Ok(Ending::Done)
}

struct Retry {
    server: Server,
    models: Vec<ModelName>,
    /// How many more jobs may be put back.
    left: u64,
    requeued: u64,
    bar: ProgressBar,
}

impl Retry {
    async fn some(&mut self, images: Option<&[ImageKey]>) -> Result<(), Trouble> {
        while self.left > 0 {
            let limit = self.left.min(MOST_JOBS);
            let requeued = self.server.retry(images, &self.models, limit).await?;
            self.requeued += requeued;
            self.bar.inc(requeued);
            self.left = self.left.saturating_sub(requeued);
            // Those that have failed once more meanwhile are left for another time.
            if requeued < limit {
                break;
            }
        }
        Ok(())
    }
}
