//! `photoctl submit`: photos to the server.

mod listener;

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use futures_util::try_join;
use indicatif::ProgressBar;
use photo_core::ModelName;
use photo_core::job::Priority;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::context::Context;
use crate::client::Asked;
use crate::ending::{Ending, Trouble};
use crate::find::{Source, Walk, WalkArgs, Wanted};
use crate::follow::{Rule, Unknown, follow};
use crate::list::STANDARD_INPUT;
use crate::output::{Format, FormatArgs};
use crate::submission::Submission;
use crate::targets::ListArgs;
use listener::Listener;

/// How much may be heard of before it is listened to.
const AHEAD: usize = 1_024;

/// What to type, for --help and the manual.
const EXAMPLES: &str = "Examples:
  photoctl submit photos/ -r -m average_color --wait       the results as they arrive
  photoctl submit *.jpg -m average_color > photos.md5      a list for status, wait and results
  photoctl submit --from paths.txt -m average_color        a path a line
  find . -name '*.jpg' -print0 | photoctl submit --from - -0 -m average_color
  photoctl submit - -m average_color < photo.jpg           one photo on standard input
  photoctl submit photos/ -r -m average_color --wait --format csv > results.csv

Run again, a command sends what is new. Files that are not accepted are named on standard error; with
--verbose also those that are no photos at all.";

/// Send photos and run models on them
///
/// Photos are recognised by their content, whatever their names are. Only photos that the server
/// lacks are sent, so after an interruption the same command continues. Unless standard output is
/// a terminal it writes a line for every photo that the server has, in the format of md5sum; keep
/// that list and give it to the other commands with --from.
///
/// A named file that is not accepted is reported with the reason and makes the exit code 1, and so
/// is a file in a folder that has a photo's name and is none. The others are sent all the same.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Photos, and folders with photos; - for one photo on standard input
    #[arg(required_unless_present = "from", value_name = "PATH")]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    lists: ListArgs,

    #[command(flatten)]
    walk: WalkArgs,

    /// The models to run; may be repeated, or several with commas
    #[arg(short, long = "model", required = true, value_delimiter = ',', value_name = "MODEL")]
    models: Vec<ModelName>,

    /// Wait for the results, and write them as they arrive
    #[arg(short, long)]
    wait: bool,

    /// The jobs' priority: high, normal or low
    #[arg(long, default_value = "normal", value_name = "PRIORITY")]
    priority: Priority,

    /// Run finished jobs again
    #[arg(long)]
    rerun: bool,

    /// An address that the server calls when a photo is finished
    #[arg(long, value_name = "URL")]
    callback: Option<String>,

    /// How many uploads run at the same time [default: 4]
    #[arg(long, value_name = "COUNT")]
    uploads: Option<NonZero<usize>>,

    /// How long to retry without any success before giving up [default: 10m]
    #[arg(long, value_parser = humantime::parse_duration, value_name = "TIME")]
    give_up_after: Option<Duration>,

    #[command(flatten)]
    format: FormatArgs,
}

pub(crate) async fn run(
    args: Args,
    context: &Context,
    stop: &CancellationToken,
) -> Result<Ending, Trouble> {
    let server = context.patient_server(args.give_up_after)?;
    let uploads = args.uploads.map_or(context.config.uploads, NonZero::get);
    if !args.wait && args.format.given()?.is_some_and(|format| format != Format::Ndjson) {
        let why = "--format is the form of results: it goes with --wait. Without, there is --json";
        return Err(Trouble::Usage(why.to_owned()));
    }
    let sources = args.paths.into_iter().map(|path| {
        if path == Path::new(STANDARD_INPUT) { Source::StandardInput } else { Source::Path(path) }
    });
    let sources = args.lists.after(sources.collect())?;
    let walk = Walk::new(sources, args.walk, Wanted::Content);
    let asked = Asked {
        models: args.models.clone(),
        priority: args.priority,
        rerun: args.rerun,
        callback: args.callback,
    };
    let rule = Rule { models: args.models, unknown: Unknown::Waits };
    let (settled, hear_settled) = mpsc::channel(AHEAD);
    let (news, hear_news) = mpsc::channel(AHEAD);
    let (to_follow, followed) = mpsc::unbounded_channel();
    let to_follow = args.wait.then_some(to_follow);
    let reporter = &context.reporter;
    let sending = if walk.can_be_counted() {
        let bar = reporter.sending_bar();
        if reporter.shows_bars() {
            count(walk.clone(), bar.clone());
        }
        bar
    } else {
        reporter.sending_counter()
    };
    let mut listener = Listener::new(reporter, &rule, args.format, to_follow, sending)?;

    let submitting = Submission::new(&server, &asked, settled).run(walk, uploads);
    // Without anybody to wait for there is nothing to follow, and this ends at once.
    let following = follow(&server, &rule, followed, news);
    let ended = tokio::select! {
        biased;
        () = stop.cancelled() => Err(Trouble::Interrupted),
        ended = async {
            try_join!(submitting, following, listener.listen(hear_settled, hear_news)).map(drop)
        } => ended,
    };
    listener.end(ended)
}

/// Counts the files beside everything else, so that it can be said how much is left.
fn count(walk: Walk, bar: ProgressBar) {
    thread::spawn(move || walk.count(|| bar.inc_length(1)));
}
