//! Photos on this machine: found by their content, and hashed.

mod photo_file;
mod walk;
mod what_it_is;

use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use photo_core::ImageKey;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

pub(crate) use walk::{Source, Walk, WalkArgs, Wanted};

use crate::text::error_words;
use photo_file::Looked;
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
    /// What could be read only once, and is kept therefore.
    pub(crate) kept: Option<Bytes>,
}

/// What was found at a path.
#[derive(Debug)]
pub(crate) enum Found {
    /// A photo.
    Photo(Photo),
    /// An image that is known by its hash.
    Image { image: ImageKey, path: Option<PathBuf> },
    /// Something in a folder that is no photo and does not claim to be one, and why.
    LeftOut { path: PathBuf, why: &'static str },
    /// A folder that is left out because only the folders named are looked into.
    Folder(PathBuf),
    /// Something that somebody meant, by naming it or by calling it a photo, and that cannot be
    /// taken; the reason is to be read behind its name.
    NotTaken { name: PathBuf, why: String },
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
    let (path, is_named, is_stream) = match entry {
        Entry::Image { image, path } => return Found::Image { image, path },
        Entry::Folder(path) => return Found::Folder(path),
        Entry::Other { path, why } => return Found::LeftOut { path, why },
        Entry::Bad { name, why } => return Found::NotTaken { name, why },
        Entry::File { path, is_named } => (path, is_named, false),
        Entry::Stream(path) => (path, true, true),
    };
    let looked = spawn_blocking({
        let path = path.clone();
        move || if is_stream { photo_file::read_once(&path) } else { photo_file::read(&path) }
    });
    judge(path, is_named, looked.await.unwrap_or_else(|error| Err(io::Error::other(error))))
}

/// What a file is, of which this was read.
fn judge(path: PathBuf, is_named: bool, looked: io::Result<Looked>) -> Found {
    match looked {
        Ok(Looked::Photo { key, bytes, kept }) => Found::Photo(Photo { path, key, bytes, kept }),
        Ok(Looked::Other { head }) if is_named || claims_to_be_one(&path, &head) => {
            Found::NotTaken { name: path, why: what_it_is::why_not(&head) }
        }
        Ok(Looked::Other { .. }) => Found::LeftOut { path, why: "is no photo" },
        Err(error) => {
            Found::NotTaken { name: path, why: format!("cannot be read: {}", error_words(&error)) }
        }
    }
}

/// Whether a file in a folder was meant as a photo, though it is none that is taken.
fn claims_to_be_one(path: &Path, head: &[u8]) -> bool {
    what_it_is::is_picture(head) || what_it_is::has_photo_name(path)
}
