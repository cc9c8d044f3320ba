//! Which photos a command is about.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::thread;

use futures_util::{Stream, StreamExt, stream};
use photo_core::ImageKey;
use tokio::sync::mpsc;

use crate::ending::Trouble;
use crate::find::{Found, Walk, WalkArgs, find};
use crate::manifest;
use crate::output::text::printable;
use crate::reporter::Reporter;

/// What stands for standard input.
const STANDARD_INPUT: &str = "-";

/// How many lines of a list are read ahead.
const AHEAD: usize = 1_024;

/// How much of a line is repeated that cannot be understood.
const MOST_REPEATED: usize = 60;

/// The photos that a command names.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct TargetArgs {
    /// Hashes, photos, folders with photos; - for a list on standard input
    #[arg(value_name = "PHOTO")]
    photos: Vec<OsString>,

    /// A list of photos, as submit and md5sum write it; - for standard input
    #[arg(long, value_name = "FILE")]
    from: Vec<PathBuf>,

    #[command(flatten)]
    walk: WalkArgs,
}

/// A photo that a command is about.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// Its hash.
    pub(crate) image: ImageKey,
    /// Where it is, or was when the list was written.
    pub(crate) path: Option<PathBuf>,
}

impl TargetArgs {
    /// Whether any are named.
    pub(crate) fn is_empty(&self) -> bool {
        self.photos.is_empty() && self.from.is_empty()
    }

    /// The photos: first those named by hash, then those on the disk, then those on lists.
    pub(crate) fn stream(
        &self,
        reporter: &Reporter,
    ) -> Result<impl Stream<Item = Result<Target, Trouble>>, Trouble> {
        if self.is_empty() {
            let why = "no photos are named: give their hashes, their paths, or a list with --from";
            return Err(Trouble::Usage(why.to_owned()));
        }
        let (mut hashes, mut paths, mut lists) = (Vec::new(), Vec::new(), Vec::new());
        for photo in &self.photos {
            match photo.to_str().map(str::parse) {
                Some(Ok(image)) => hashes.push(Ok(Target { image, path: None })),
                _ if photo == STANDARD_INPUT => lists.push(PathBuf::from(photo)),
                _ => paths.push(PathBuf::from(photo)),
            }
        }
        lists.extend(self.from.iter().cloned());
        let found = find(Walk::new(paths, self.walk)?);
        let found = found.filter_map(|found| {
            let target = match found {
                Found::Photo(photo) => {
                    Some(Ok(Target { image: photo.key, path: Some(photo.path) }))
                }
                Found::LeftOut { path, why } => {
                    reporter.explain(&format!("{} {why}", path.display()));
                    None
                }
                Found::Folder(path) => {
                    reporter.say(&format!(
                        "{} is not looked into; --recursive does that",
                        path.display()
                    ));
                    None
                }
                Found::Unreadable { path, error } => {
                    reporter.complain(&format!("{}: {error}", path.display()));
                    None
                }
            };
            async { target }
        });
        Ok(stream::iter(hashes).chain(found).chain(read_lists(lists)))
    }
}

/// The photos on these lists, up to the first one that cannot be read.
fn read_lists(lists: Vec<PathBuf>) -> impl Stream<Item = Result<Target, Trouble>> {
    let (targets, read) = mpsc::channel(AHEAD);
    thread::spawn(move || {
        let all_read = lists.iter().try_for_each(|list| read_list(list, &targets));
        if let Err(trouble) = all_read {
            // Otherwise nobody listens any more.
            let _ = targets.blocking_send(Err(trouble));
        }
    });
    stream::unfold(read, async |mut read| Some((read.recv().await?, read)))
}

/// Passes on what is on a list.
fn read_list(path: &Path, targets: &mpsc::Sender<Result<Target, Trouble>>) -> Result<(), Trouble> {
    let name = path.display();
    let unreadable = |error| Trouble::File { what: format!("the list {name}"), error };
    let lines: Box<dyn BufRead> = if path == Path::new(STANDARD_INPUT) {
        Box::new(io::stdin().lock())
    } else {
        Box::new(BufReader::new(File::open(path).map_err(unreadable)?))
    };
    for (number, line) in lines.split(b'\n').enumerate() {
        let line = line.map_err(unreadable)?;
        let Some(read) = manifest::read(&line) else { continue };
        let (image, path) = read.map_err(|why| {
            let line = String::from_utf8_lossy(&line);
            let line: String = printable(&line).chars().take(MOST_REPEATED).collect();
            Trouble::Usage(format!("line {} of the list {name} is \"{line}\": {why}", number + 1))
        })?;
        if targets.blocking_send(Ok(Target { image, path })).is_err() {
            break;
        }
    }
    Ok(())
}
