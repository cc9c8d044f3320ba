//! Going through folders and lists.

use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use photo_core::ImageKey;
use walkdir::{DirEntry, WalkDir};

use crate::list::{List, ListReader, Listed, STANDARD_INPUT};
use crate::text::error_words;

/// How folders are looked into.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(crate) struct WalkArgs {
    /// Include folders inside folders
    #[arg(short, long)]
    pub(crate) recursive: bool,

    /// Include hidden files and folders, whose names begin with a dot
    #[arg(long)]
    pub(crate) hidden: bool,
}

/// Where photos are named.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// By a hash.
    Image(ImageKey),
    /// By a path, of a photo or of a folder.
    Path(PathBuf),
    /// By being written to standard input, which is one photo.
    StandardInput,
    /// By a list.
    List(List),
}

/// What is wanted of a photo that a list names by hash and by path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Its hash will do.
    Hash,
    /// It must be read.
    Content,
}

/// A walk through what is named, in that order. What is named is always looked at; links are
/// followed. What is not there, or cannot be read, is an entry like any other.
#[derive(Debug, Clone)]
pub(crate) struct Walk {
    sources: Vec<Source>,
    args: WalkArgs,
    wanted: Wanted,
}

/// What a walk comes by.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// An image of which the hash is known.
    Image { image: ImageKey, path: Option<PathBuf> },
    /// A file; it was either named or found in a folder.
    File { path: PathBuf, is_named: bool },
    /// A photo that can be read once: on standard input (`-`), or in a named pipe.
    Stream(PathBuf),
    /// A folder that is not looked into.
    Folder(PathBuf),
    /// Something in a folder that is neither of these.
    Other { path: PathBuf, why: &'static str },
    /// Something that is named and can be no photo, or that cannot be read.
    Bad { name: PathBuf, why: String },
}

impl Walk {
    /// A walk through all of these.
    pub(crate) fn new(sources: Vec<Source>, args: WalkArgs, wanted: Wanted) -> Self {
        Self { sources, args, wanted }
    }

    /// Whether it can be gone twice: what comes through a pipe is read once.
    pub(crate) fn can_be_counted(&self) -> bool {
        self.sources.iter().all(|source| match source {
            Source::StandardInput => false,
            Source::List(list) => list.path.is_file(),
            Source::Image(_) | Source::Path(_) => true,
        })
    }

    /// Goes all the way without looking at anything, and tells of every file, photo or not.
    pub(crate) fn count(&self, mut passed: impl FnMut()) {
        self.entries().filter(|entry| !matches!(entry, Entry::Folder(_))).for_each(|_| passed());
    }

    /// Everything on the way, each folder in the order of its names.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        self.sources.iter().flat_map(|source| -> Box<dyn Iterator<Item = Entry>> {
            match source {
                Source::Image(image) => {
                    Box::new([Entry::Image { image: *image, path: None }].into_iter())
                }
                Source::Path(path) => Box::new(self.below(path)),
                Source::StandardInput => {
                    Box::new([Entry::Stream(STANDARD_INPUT.into())].into_iter())
                }
                Source::List(list) => Box::new(self.listed(list)),
            }
        })
    }

    /// What is at a path, and below it.
    fn below(&self, path: &Path) -> impl Iterator<Item = Entry> + use<> {
        let (args, root) = (self.args, path.to_owned());
        WalkDir::new(path)
            .follow_links(true)
            .max_depth(if args.recursive { usize::MAX } else { 1 })
            .sort_by_file_name()
            .into_iter()
            .filter_entry(move |entry| args.hidden || !is_hidden(entry))
            .filter_map(move |entry| judge(&root, args, entry))
    }

    /// What is on a list.
    fn listed(&self, list: &List) -> impl Iterator<Item = Entry> {
        let bad = |bad: crate::list::BadEntry| Entry::Bad { name: bad.place.into(), why: bad.why };
        let (reader, unreadable) = match ListReader::open(list) {
            Ok(reader) => (Some(reader), None),
            Err(error) => (None, Some(bad(error))),
        };
        let entries = reader.into_iter().flatten();
        let entries = entries.flat_map(move |listed| -> Box<dyn Iterator<Item = Entry>> {
            match listed {
                Ok(Listed::Path(path)) => Box::new(self.below(&path)),
                Ok(Listed::Image { path: Some(path), .. }) if self.wanted == Wanted::Content => {
                    Box::new(self.below(&path))
                }
                Ok(Listed::Image { image, path }) => {
                    Box::new([Entry::Image { image, path }].into_iter())
                }
                Err(error) => Box::new([bad(error)].into_iter()),
            }
        });
        unreadable.into_iter().chain(entries)
    }
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn judge(root: &Path, args: WalkArgs, entry: walkdir::Result<DirEntry>) -> Option<Entry> {
    match entry {
        Ok(entry) if entry.file_type().is_file() => {
            let is_named = entry.depth() == 0;
            Some(Entry::File { path: entry.into_path(), is_named })
        }
        Ok(entry) if entry.file_type().is_dir() => {
            let is_left_out = entry.depth() == 1 && !args.recursive;
            is_left_out.then(|| Entry::Folder(entry.into_path()))
        }
        Ok(entry) if entry.depth() == 0 && entry.file_type().is_fifo() => {
            Some(Entry::Stream(entry.into_path()))
        }
        Ok(entry) => {
            let why = "is neither a file nor a folder";
            Some(if entry.depth() == 0 {
                Entry::Bad { name: entry.into_path(), why: why.to_owned() }
            } else {
                Entry::Other { path: entry.into_path(), why }
            })
        }
        Err(error) => {
            let path = error.path().unwrap_or(root).to_owned();
            Some(if error.loop_ancestor().is_some() {
                Entry::Other { path, why: "leads back to a folder that it is in" }
            } else {
                let why = unreadable(&path, &error.into());
                Entry::Bad { name: path, why }
            })
        }
    }
}

/// Why something cannot be looked at.
fn unreadable(path: &Path, error: &io::Error) -> String {
    match (error.kind(), path.read_link()) {
        (io::ErrorKind::NotFound, Ok(target)) => {
            format!("is a link to {}, which does not exist", target.display())
        }
        (io::ErrorKind::NotFound, Err(_)) => "does not exist".to_owned(),
        _ => format!("cannot be read: {}", error_words(error)),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::list::EntryEnd;

    fn walked(paths: &[PathBuf], recursive: bool, hidden: bool) -> Vec<String> {
        let sources = paths.iter().cloned().map(Source::Path).collect();
        told(&Walk::new(sources, WalkArgs { recursive, hidden }, Wanted::Content))
    }

    fn told(walk: &Walk) -> Vec<String> {
        let entries = walk.entries().map(|entry| match entry {
            Entry::File { path, .. } => name(&path),
            Entry::Folder(path) => format!("{}/", name(&path)),
            Entry::Other { path, .. } => format!("({})", name(&path)),
            Entry::Bad { name: path, why } => format!("!{} {why}", name(&path)),
            Entry::Image { image, .. } => image.to_string(),
            Entry::Stream(path) => format!("<{}", path.display()),
        });
        entries.collect()
    }

    fn name(path: &Path) -> String {
        path.file_name().unwrap().to_string_lossy().into_owned()
    }

    #[test]
    fn folders_links_loops_and_hidden_files_are_each_dealt_with() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().join("top");
        fs::create_dir_all(top.join("below")).unwrap();
        fs::create_dir(top.join(".trash")).unwrap();
        for file in ["b", "a", ".hidden", ".trash/c", "below/d"] {
            fs::write(top.join(file), "x").unwrap();
        }
        symlink(&top, top.join("below/loop")).unwrap();
        symlink(top.join("b"), top.join("link")).unwrap();
        symlink("nowhere", top.join("dangling")).unwrap();
        let listener = std::os::unix::net::UnixListener::bind(top.join("socket")).unwrap();

        let named = [top.clone()];
        let dangling = "!dangling is a link to nowhere, which does not exist";
        let flat = ["a", "b", "below/", dangling, "link", "(socket)"];
        assert_eq!(walked(&named, false, false), flat);
        let deep = ["a", "b", "d", "(loop)", dangling, "link", "(socket)"];
        assert_eq!(walked(&named, true, false), deep);
        assert!(walked(&named, true, true).contains(&"c".to_owned()));
        // What is named is meant.
        assert_eq!(walked(&[top.join(".hidden")], false, false), [".hidden"]);
        assert_eq!(walked(&[top.join(".trash")], false, false), ["c"]);
        let socket = walked(&[top.join("socket")], false, false);
        assert_eq!(socket, ["!socket is neither a file nor a folder"]);
        drop(listener);
    }

    #[test]
    fn a_name_of_nothing_does_not_end_the_walk() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        fs::write(&file, "x").unwrap();
        let told = walked(&["no-1".into(), file, "no-2".into()], false, false);
        assert_eq!(told, ["!no-1 does not exist", "a", "!no-2 does not exist"]);
    }

    #[test]
    fn a_list_names_photos_in_its_order() {
        let folder = tempfile::tempdir().unwrap();
        let hash = "900150983cd24fb0d6963f7d28e17f72";
        let [a, list] = ["a", "list"].map(|name| folder.path().join(name));
        fs::write(&a, "x").unwrap();
        fs::write(&list, format!("{}\n{hash}\n{hash}  {}\n", a.display(), a.display())).unwrap();
        let source = || vec![Source::List(List { path: list.clone(), ends: EntryEnd::Line })];
        let by_hash = Walk::new(source(), WalkArgs::default(), Wanted::Hash);
        assert_eq!(told(&by_hash), ["a", hash, hash]);
        let content = Walk::new(source(), WalkArgs::default(), Wanted::Content);
        assert_eq!(told(&content), ["a", hash, "a"]);
        let missing = List { path: "no-list".into(), ends: EntryEnd::Line };
        let missing = vec![Source::List(missing)];
        let missing = Walk::new(missing, WalkArgs::default(), Wanted::Hash);
        assert_eq!(told(&missing), ["!the list no-list cannot be read: No such file or directory"]);
    }
}
