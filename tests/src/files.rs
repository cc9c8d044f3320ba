//! Files: how many there may be, and what measuring leaves behind.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Lets this process have as many files open as it may ask for: programs start with few.
pub fn allow_many() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
        .expect("a process may raise its limit as far as this");
}

/// Empties the photos and records below a folder that nobody uses now, so that the disk has room,
/// and the kernel pages that it had in use. What serves the folder may go on.
///
/// They are not removed: for minutes after, ext4 would look past each of them for a place for every
/// new file, which takes several times as long as all else that is measured.
pub fn empty(folder: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        // The spool and the caretaker's notes begin with a dot.
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        match entry.file_type()?.is_dir() {
            _ if hidden => {}
            true => empty(&entry.path())?,
            false => drop(File::create(entry.path())?),
        }
    }
    Ok(())
}
