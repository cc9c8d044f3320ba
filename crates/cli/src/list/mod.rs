//! Lists of photos: of hashes, of paths, or of both, as several programs write them.
//!
//! `photoctl submit` writes one in the format of md5sum, so that what was submitted can be asked
//! for later, also where the photos are gone. Read are ([`list_entry`]): lists of md5sum, of `md5`
//! of macOS and BSD, of PowerShell's Get-FileHash (as a table, a list or CSV) and of certutil; JSON
//! lines and CSV of photoctl; hashes alone; and paths, one a line or ended by NUL.

mod digest;
mod encoding;
mod list_entry;
mod list_reader;
mod md5sum;
mod table;

use std::path::{Path, PathBuf};

use photo_core::ImageKey;

pub(crate) use digest::parse_image_id;
pub(crate) use list_reader::ListReader;
pub(crate) use md5sum::write;

/// What stands for standard input.
pub(crate) const STANDARD_INPUT: &str = "-";

/// A list that a command names.
#[derive(Debug, Clone)]
pub(crate) struct List {
    /// Where it is; `-` is standard input.
    pub(crate) path: PathBuf,
    /// What ends an entry.
    pub(crate) ends: EntryEnd,
}

/// What ends an entry of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryEnd {
    /// A line feed, perhaps behind a carriage return.
    Line,
    /// A NUL byte, as `find -print0` and `md5sum --zero` write it.
    Nul,
}

/// A photo on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Listed {
    /// Its hash, and perhaps where it was when the list was written.
    Image { image: ImageKey, path: Option<PathBuf> },
    /// A path alone.
    Path(PathBuf),
}

/// An entry of a list that names no photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadEntry {
    /// Where it stands: `line 3 of the list photos.md5`.
    pub(crate) place: String,
    /// What is wrong with it, to be read behind the place.
    pub(crate) why: String,
}

impl List {
    /// Whether it is read from standard input.
    pub(crate) fn is_standard_input(&self) -> bool {
        self.path == Path::new(STANDARD_INPUT)
    }
}
