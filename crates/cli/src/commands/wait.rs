//! `photoctl wait`: until photos are done.

use std::collections::HashMap;
use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use futures_util::{StreamExt, try_join};
use photo_core::{ImageKey, ModelName};
use tokio::sync::mpsc::{self, Receiver};
use tokio::time::timeout;

use super::context::Context;
use super::counts::Counts;
use crate::ending::{Ending, Trouble};
use crate::follow::{News, Rule, Unknown, follow};
use crate::output::{Detail, FormatArgs, Results, Shown};
use crate::targets::TargetArgs;
use crate::text::{count, count_of};

/// How much may be heard of before it is listened to, and is told at once.
const AHEAD: usize = 256;

/// What to type, for --help and the manual.
const EXAMPLES: &str = "Examples:
  photoctl wait --from photos.md5 --timeout 1h
  photoctl wait photos/ -r -m average_color --format csv > results.csv
  until photoctl wait --from photos.md5 --timeout 5m > /dev/null; [ $? != 4 ]; do date; done";

/// Wait until photos are finished, and write their results as they arrive
///
/// Waits for the named models, or for all models of the photos. Photos that nobody submitted are
/// neither waited for nor counted as finished. Exits with 0 if all succeeded, 1 if some failed or
/// are unknown, 4 if the time was over before all were finished.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    targets: TargetArgs,

    /// Wait for these models only; may be repeated, or several with commas
    #[arg(short, long = "model", value_delimiter = ',', value_name = "MODEL")]
    models: Vec<ModelName>,

    /// The longest time to wait, such as 30s or 2h
    #[arg(long, value_parser = humantime::parse_duration, value_name = "TIME")]
    timeout: Option<Duration>,

    /// How long to retry without an answer of the server before giving up [default: 10m]
    #[arg(long, value_parser = humantime::parse_duration, value_name = "TIME")]
    give_up_after: Option<Duration>,

    #[command(flatten)]
    format: FormatArgs,
}

pub(crate) async fn run(args: Args, context: &Context) -> Result<Ending, Trouble> {
    let server = context.patient_server(args.give_up_after)?;
    let reporter = &context.reporter;
    let rule = Rule { models: args.models.clone(), unknown: Unknown::Settles };
    let mut results = Results::new(args.format.format()?, Detail::Results, &args.models);
    let mut paths: HashMap<ImageKey, Option<PathBuf>> = HashMap::new();
    let (to_follow, followed) = mpsc::unbounded_channel();
    let mut targets = pin!(args.targets.stream(reporter)?);
    let found = reporter.counter("photos found");
    while let Some(target) = targets.next().await {
        found.inc(1);
        if paths.insert(target.image, target.path).is_none() {
            // Whoever follows has not begun yet.
            let _ = to_follow.send(target.image);
        }
    }
    found.finish_and_clear();
    drop(to_follow);

    let (news, heard) = mpsc::channel(AHEAD);
    let all = paths.len();
    let mut counts = Counts::default();
    let listening = listen(context, &rule, &mut paths, &mut results, heard, &mut counts);
    let waiting = async { try_join!(follow(&server, &rule, followed, news), listening) };
    let in_time = match args.timeout {
        Some(limit) => timeout(limit, waiting).await.ok().transpose()?.is_some(),
        None => waiting.await.map(|_| true)?,
    };
    reporter.print(|output| results.end(output))?;
    let (done, of) = (count(counts.done()), count_of(all as u64, "photo"));
    let unknown = counts.unknown_in_words(&rule).map(|words| format!(", {words}"));
    let (failed, unknown) = (count(counts.failed), unknown.unwrap_or_default());
    reporter.say(&format!("{done} of {of} done, {failed} failed{unknown}"));
    Ok(if in_time { counts.ending() } else { Ending::Unfinished })
}

/// Writes what became of images; `paths` has those of which nothing was heard yet.
async fn listen(
    context: &Context,
    rule: &Rule,
    paths: &mut HashMap<ImageKey, Option<PathBuf>>,
    results: &mut Results,
    mut heard: Receiver<News>,
    counts: &mut Counts,
) -> Result<(), Trouble> {
    let bar = context.reporter.bar("photos done");
    bar.set_length(paths.len() as u64);
    let mut news = Vec::new();
    while heard.recv_many(&mut news, AHEAD).await > 0 {
        let mut images: Vec<Shown<'_>> = Vec::new();
        for news in &news {
            let (image, view) = match news {
                News::Settled(view) => (view.image, Some(&**view)),
                News::Unknown(image) => (*image, None),
            };
            counts.count(rule, view);
            images.push((image, paths.remove(&image).flatten(), view));
        }
        bar.inc(images.len() as u64);
        context.reporter.print(|output| results.write(output, &images))?;
        news.clear();
    }
    bar.finish_and_clear();
    Ok(())
}
