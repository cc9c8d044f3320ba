//! Which photos a command is about.

use std::ffi::OsString;
use std::path::PathBuf;

use futures_util::{Stream, StreamExt};
use photo_core::ImageKey;

use crate::ending::Trouble;
use crate::find::{Found, Source, Walk, WalkArgs, Wanted, find};
use crate::list::{EntryEnd, List, STANDARD_INPUT, parse_image_id};
use crate::reporter::Reporter;

/// Lists of photos.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ListArgs {
    /// A list of photos: hashes or paths, one per line, or the output of submit, md5sum,
    /// Get-FileHash and similar programs; - for standard input
    #[arg(long, value_name = "FILE")]
    from: Vec<PathBuf>,

    /// The lists' entries end with NUL, as find -print0 writes them
    #[arg(short = '0', long = "null", requires = "from")]
    null: bool,
}

/// The photos that a command names.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct TargetArgs {
    /// Hashes, photos, folders with photos; - for a list on standard input
    #[arg(value_name = "PHOTO")]
    photos: Vec<OsString>,

    #[command(flatten)]
    lists: ListArgs,

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

impl ListArgs {
    /// The lists, to be read after `sources`. Standard input is read once.
    pub(crate) fn after(&self, mut sources: Vec<Source>) -> Result<Vec<Source>, Trouble> {
        sources.extend(self.from.iter().cloned().map(|path| self.list(path)));
        let reads_input = |source: &&Source| match source {
            Source::StandardInput => true,
            Source::List(list) => list.is_standard_input(),
            Source::Image(_) | Source::Path(_) => false,
        };
        if sources.iter().filter(reads_input).count() > 1 {
            let why = "standard input (-) is named twice, and can be read once";
            return Err(Trouble::Usage(why.to_owned()));
        }
        Ok(sources)
    }

    fn list(&self, path: PathBuf) -> Source {
        let ends = if self.null { EntryEnd::Nul } else { EntryEnd::Line };
        Source::List(List { path, ends })
    }
}

impl TargetArgs {
    /// Whether any are named.
    pub(crate) fn is_empty(&self) -> bool {
        self.photos.is_empty() && self.lists.from.is_empty()
    }

    /// The photos, in the order in which they are named. What is none is told and left out.
    pub(crate) fn stream(
        &self,
        reporter: &Reporter,
    ) -> Result<impl Stream<Item = Target>, Trouble> {
        if self.is_empty() {
            let why = "no photos are named: give their hashes, their paths, or a list with --from";
            return Err(Trouble::Usage(why.to_owned()));
        }
        let sources = self.photos.iter().map(|photo| {
            if photo == STANDARD_INPUT {
                return self.lists.list(PathBuf::from(photo));
            }
            let image = photo.to_str().and_then(parse_image_id);
            image.map_or_else(|| Source::Path(PathBuf::from(photo)), Source::Image)
        });
        let sources = self.lists.after(sources.collect())?;
        let found = find(Walk::new(sources, self.walk, Wanted::Hash));
        Ok(found.filter_map(|found| {
            let target = target(found, reporter);
            async { target }
        }))
    }
}

/// The photo that was found, if it is one.
fn target(found: Found, reporter: &Reporter) -> Option<Target> {
    match found {
        Found::Photo(photo) => Some(Target { image: photo.key, path: Some(photo.path) }),
        Found::Image { image, path } => Some(Target { image, path }),
        Found::LeftOut { path, why } => {
            reporter.explain(&format!("{} {why}", path.display()));
            None
        }
        Found::Folder(path) => {
            reporter.say(&format!("{} is not looked into; --recursive does that", path.display()));
            None
        }
        Found::NotTaken { name, why } => {
            reporter.complain(&format!("{} {why}", name.display()));
            None
        }
    }
}
