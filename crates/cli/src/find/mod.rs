//! Photos on this machine: found by their content, and hashed.

mod photo_file;
mod walk;

use std::io;
use std::num::NonZero;
use std::path::PathBuf;
use std::thread;

use futures_util::{Stream, StreamExt, stream};
use photo_core::ImageKey;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

pub(crate) use walk::{Walk, WalkArgs};

use walk::Entry;

/// How many paths are found ahead of the hashing.
const AHEAD: usize = 1_024;

/// The most threads that hash. More would only take the disk from each other.
const MOST_THREADS: usize = 16;

/// A photo on this machine.
#[derive(Debug, Clone)]
pub(crate) struct Photo {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Its name on the server.
    pub(crate) key: ImageKey,
    /// Its length.
    pub(crate) bytes: u64,
}

/// What was found at a path.
#[derive(Debug)]
pub(crate) enum Found {
    /// A photo.
    Photo(Photo),
    /// Something that is left out, and why.
    LeftOut { path: PathBuf, why: &'static str },
    /// A folder that is left out because only the folders named are looked into.
    Folder(PathBuf),
    /// Something that cannot be read.
    Unreadable { path: PathBuf, error: io::Error },
}

/// Finds and hashes the photos of a walk, in its order.
pub(crate) fn find(walk: Walk) -> impl Stream<Item = Found> {
    let (entries, found) = mpsc::channel(AHEAD);
    thread::spawn(move || {
        for entry in walk.entries() {
            // Nobody listens any more.
            if entries.blocking_send(entry).is_err() {
                return;
            }
        }
    });
    let found = stream::unfold(found, async |mut found: mpsc::Receiver<Entry>| {
        Some((found.recv().await?, found))
    });
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS);
    found.map(look).buffered(threads)
}

async fn look(entry: Entry) -> Found {
    let path = match entry {
        Entry::File(path) => path,
        Entry::Folder(path) => return Found::Folder(path),
        Entry::Other { path, why } => return Found::LeftOut { path, why },
        Entry::Unreadable { path, error } => return Found::Unreadable { path, error },
    };
    let looked = spawn_blocking({
        let path = path.clone();
        move || photo_file::read(&path)
    });
    match looked.await.unwrap_or_else(|error| Err(io::Error::other(error))) {
        Ok(Some((key, bytes))) => Found::Photo(Photo { path, key, bytes }),
        Ok(None) => Found::LeftOut { path, why: "is no photo" },
        Err(error) => Found::Unreadable { path, error },
    }
}
