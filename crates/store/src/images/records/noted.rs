//! The images of whose photos something is known to be wrong.
//!
//! What it is stands in their records. This is an index of them, so that a status need not read a
//! record to find that there is nothing in it: a file that every process adds to at its end, one
//! image per line, and that every process knows in memory. Few photos are damaged. The file may be
//! lost or cut: a walk over all records makes it whole again.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use photo_core::ImageKey;

/// How long what another process added may stay unseen.
const MAX_AGE: Duration = Duration::from_secs(1);

/// How many bytes of the file are read at a time.
const BLOCK: u64 = 1 << 20;

/// The images that have notes.
pub(crate) struct NotedImages {
    path: PathBuf,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    images: HashSet<ImageKey>,
    /// How many bytes of the file are read.
    read: u64,
    refreshed_at: Option<Instant>,
}

impl NotedImages {
    /// The index below `root`. Nothing is read yet.
    pub(crate) fn new(root: &Path) -> Self {
        Self { path: root.join(".noted"), known: Mutex::default() }
    }

    /// Whether the file has to be looked at before the index can be relied on.
    pub(crate) fn is_stale(&self) -> bool {
        self.known().refreshed_at.is_none_or(|at| at.elapsed() > MAX_AGE)
    }

    /// Those of the images that have notes.
    pub(crate) fn among(&self, images: &[ImageKey]) -> Vec<ImageKey> {
        let known = self.known();
        if known.images.is_empty() {
            return Vec::new();
        }
        images.iter().filter(|image| known.images.contains(*image)).copied().collect()
    }

    /// Reads what was added since. Blocks on the disk.
    pub(crate) fn refresh(&self) -> io::Result<()> {
        let mut known = self.known();
        known.refreshed_at = Some(Instant::now());
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        if file.metadata()?.len() < known.read {
            // Another file in its place.
            *known = Known { refreshed_at: known.refreshed_at, ..Known::default() };
        }
        file.seek(SeekFrom::Start(known.read))?;
        let mut text = Vec::new();
        while (&file).take(BLOCK).read_to_end(&mut text)? > 0 {
            // The last line may not be all there yet.
            let Some(end) = text.iter().rposition(|byte| *byte == b'\n') else { continue };
            let lines = text[..end].split(|byte| *byte == b'\n');
            let images =
                lines.filter_map(|line| std::str::from_utf8(line).ok()?.parse::<ImageKey>().ok());
            known.images.extend(images);
            known.read += end as u64 + 1;
            text.drain(..=end);
        }
        Ok(())
    }

    /// Adds images that have notes, unless they are known. Blocks on the disk.
    pub(crate) fn add(&self, images: &[ImageKey]) -> io::Result<()> {
        if images.is_empty() {
            return Ok(());
        }
        if self.is_stale() {
            self.refresh()?;
        }
        let new: HashSet<ImageKey> = {
            let known = self.known();
            images.iter().filter(|image| !known.images.contains(*image)).copied().collect()
        };
        if new.is_empty() {
            return Ok(());
        }
        // Whatever a crash left without its end stays a line of its own.
        let mut text = Vec::new();
        for image in &new {
            writeln!(text, "\n{image}")?;
        }
        File::options().append(true).create(true).open(&self.path)?.write_all(&text)?;
        self.known().images.extend(new);
        Ok(())
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Nothing that can panic half-way happens under the lock.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(number: u8) -> ImageKey {
        ImageKey::from_bytes([number; 16])
    }

    #[test]
    fn what_one_process_adds_the_others_find() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (NotedImages::new(folder.path()), NotedImages::new(folder.path()));
        other.refresh().unwrap();
        one.add(&[image(1), image(2)]).unwrap();
        one.add(&[image(2)]).unwrap();
        assert_eq!(one.among(&[image(1), image(3)]), [image(1)]);
        assert_eq!(other.among(&[image(1)]), []);
        other.refresh().unwrap();
        assert_eq!(other.among(&[image(2), image(3), image(1)]), [image(2), image(1)]);
    }

    #[test]
    fn a_line_that_was_cut_off_hides_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let before = NotedImages::new(folder.path());
        before.add(&[image(1)]).unwrap();
        let path = folder.path().join(".noted");
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..20]).unwrap();
        let after = NotedImages::new(folder.path());
        after.add(&[image(2)]).unwrap();
        let fresh = NotedImages::new(folder.path());
        fresh.refresh().unwrap();
        assert_eq!(fresh.among(&[image(1), image(2)]), [image(2)]);
        // The file is shorter than what was read of it.
        std::fs::write(&path, format!("{}\n", image(3))).unwrap();
        fresh.refresh().unwrap();
        assert_eq!(fresh.among(&[image(2), image(3)]), [image(3)]);
    }
}
