//! Which photos were checked a while ago.

use std::collections::HashMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use photo_core::ImageKey;

/// For how long a photo that was checked is taken for whole if its file is the same. A file that
/// its disk damages looks the same, so this is short: about as long as several models are asked
/// about one photo.
const VALID: Duration = Duration::from_mins(10);

/// The most photos that are remembered, some hundred bytes each.
const MOST: usize = 10_000;

/// Photos whose bytes were found whole.
#[derive(Debug, Default)]
pub(crate) struct CheckedPhotos(Mutex<HashMap<ImageKey, (FileVersion, Instant)>>);

/// By what a file is known that was not replaced or written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileVersion {
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
}

impl FileVersion {
    pub(crate) fn of(file: &Metadata) -> Self {
        let modified = (file.mtime(), file.mtime_nsec());
        Self { inode: file.ino(), bytes: file.len(), modified }
    }
}

impl CheckedPhotos {
    /// Whether this file was found whole not long ago.
    pub(crate) fn knows(&self, image: ImageKey, version: FileVersion, now: Instant) -> bool {
        let found = self.lock().get(&image).copied();
        found.is_some_and(|(known, at)| known == version && now.duration_since(at) < VALID)
    }

    /// Remembers that this file was found whole.
    pub(crate) fn add(&self, image: ImageKey, version: FileVersion, now: Instant) {
        let mut checked = self.lock();
        if checked.len() >= MOST {
            checked.retain(|_, (_, at)| now.duration_since(*at) < VALID);
        }
        if checked.len() >= MOST {
            checked.clear();
        }
        checked.insert(image, (version, now));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ImageKey, (FileVersion, Instant)>> {
        // Nothing that can panic happens under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_taken_for_whole_for_a_while_and_as_long_as_it_is_the_same() {
        let checked = CheckedPhotos::default();
        let image = ImageKey::from_bytes([7; 16]);
        let version = FileVersion { inode: 1, bytes: 2, modified: (3, 4) };
        let now = Instant::now();
        assert!(!checked.knows(image, version, now));
        checked.add(image, version, now);
        assert!(checked.knows(image, version, now));
        assert!(!checked.knows(image, FileVersion { modified: (3, 5), ..version }, now));
        assert!(!checked.knows(image, version, now + VALID));
    }

    #[test]
    fn no_more_are_remembered_than_there_is_room_for() {
        let checked = CheckedPhotos::default();
        let version = FileVersion { inode: 1, bytes: 2, modified: (3, 4) };
        for number in 0..=MOST {
            let mut md5 = [0; 16];
            md5[..8].copy_from_slice(&(number as u64).to_be_bytes());
            checked.add(ImageKey::from_bytes(md5), version, Instant::now());
        }
        assert_eq!(checked.lock().len(), 1);
    }
}
