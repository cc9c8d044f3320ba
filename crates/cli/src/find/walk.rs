//! Going through folders.

use std::io;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use crate::ending::Trouble;

/// How folders are looked into.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(crate) struct WalkArgs {
    /// Look also into the folders inside of folders
    #[arg(short, long)]
    pub(crate) recursive: bool,

    /// Look also at hidden files and folders, whose names begin with a dot
    #[arg(long)]
    pub(crate) hidden: bool,
}

/// A walk through files and folders. What was named is always looked at; links are followed.
#[derive(Debug, Clone)]
pub(crate) struct Walk {
    paths: Vec<PathBuf>,
    args: WalkArgs,
}

/// What a walk comes by.
#[derive(Debug)]
pub(super) enum Entry {
    /// A file.
    File(PathBuf),
    /// A folder that is not looked into.
    Folder(PathBuf),
    /// Neither.
    Other { path: PathBuf, why: &'static str },
    /// Nobody knows.
    Unreadable { path: PathBuf, error: io::Error },
}

impl Walk {
    /// A walk through these. All of them must be there: a misspelt name is told before anything
    /// is done.
    pub(crate) fn new(paths: Vec<PathBuf>, args: WalkArgs) -> Result<Self, Trouble> {
        let missing: Vec<String> = paths
            .iter()
            .filter_map(|path| Some(format!("{}: {}", path.display(), path.metadata().err()?)))
            .collect();
        if missing.is_empty() {
            Ok(Self { paths, args })
        } else {
            Err(Trouble::Usage(missing.join("\n")))
        }
    }

    /// Goes all the way without looking at anything, and tells of every file, photo or not.
    pub(crate) fn count(&self, mut passed: impl FnMut()) {
        self.entries().filter(|entry| !matches!(entry, Entry::Folder(_))).for_each(|_| passed());
    }

    /// Everything on the way, each folder in the order of its names.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        let args = self.args;
        self.paths.iter().flat_map(move |path| {
            WalkDir::new(path)
                .follow_links(true)
                .max_depth(if args.recursive { usize::MAX } else { 1 })
                .sort_by_file_name()
                .into_iter()
                .filter_entry(move |entry| args.hidden || !is_hidden(entry))
                .filter_map(move |entry| judge(path, args, entry))
        })
    }
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn judge(root: &Path, args: WalkArgs, entry: walkdir::Result<DirEntry>) -> Option<Entry> {
    match entry {
        Ok(entry) if entry.file_type().is_file() => Some(Entry::File(entry.into_path())),
        Ok(entry) if entry.file_type().is_dir() => {
            let is_left_out = entry.depth() == 1 && !args.recursive;
            is_left_out.then(|| Entry::Folder(entry.into_path()))
        }
        Ok(entry) => {
            let path = entry.into_path();
            Some(Entry::Other { path, why: "is neither a file nor a folder" })
        }
        Err(error) => {
            let path = error.path().unwrap_or(root).to_owned();
            Some(if error.loop_ancestor().is_some() {
                Entry::Other { path, why: "leads back to a folder that it is in" }
            } else {
                Entry::Unreadable { path, error: error.into() }
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn walked(paths: &[PathBuf], recursive: bool, hidden: bool) -> Vec<String> {
        let walk = Walk::new(paths.to_vec(), WalkArgs { recursive, hidden }).unwrap();
        let entries = walk.entries().map(|entry| match entry {
            Entry::File(path) => name(&path),
            Entry::Folder(path) => format!("{}/", name(&path)),
            Entry::Other { path, .. } => format!("({})", name(&path)),
            Entry::Unreadable { path, .. } => format!("!{}", name(&path)),
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
        let flat = ["a", "b", "below/", "!dangling", "link", "(socket)"];
        assert_eq!(walked(&named, false, false), flat);
        let deep = ["a", "b", "d", "(loop)", "!dangling", "link", "(socket)"];
        assert_eq!(walked(&named, true, false), deep);
        assert!(walked(&named, true, true).contains(&"c".to_owned()));
        // What is named is meant.
        assert_eq!(walked(&[top.join(".hidden")], false, false), [".hidden"]);
        assert_eq!(walked(&[top.join(".trash")], false, false), ["c"]);
        drop(listener);
    }

    #[test]
    fn all_misspelt_names_are_told() {
        let why = Walk::new(vec!["no-1".into(), "/".into(), "no-2".into()], WalkArgs::default());
        let why = why.unwrap_err().to_string();
        assert!(why.contains("no-1: ") && why.contains("no-2: ") && why.lines().count() == 2);
    }
}
