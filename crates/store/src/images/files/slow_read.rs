//! Reading a stored photo for its hashes alone: at a bounded rate, and without pushing out of the
//! kernel's memory what others need.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use photo_core::{Digests, PhotoHasher};

use super::cached;

/// How much is read at a time, in bytes.
const BLOCK: usize = 1 << 20;

/// The longest sleep, after which it is seen whether to stop.
const NAP: Duration = Duration::from_millis(50);

/// How a photo is read.
pub(crate) struct SlowRead<'a> {
    /// How many bytes in a second at most.
    pub(crate) bytes_per_second: Option<u64>,
    /// Becomes true when nobody waits for the end.
    pub(crate) stop: &'a AtomicBool,
}

impl SlowRead<'_> {
    /// The hashes of all bytes of a file, and how many there are.
    pub(crate) fn hash(&self, file: &File) -> io::Result<(Digests, u64)> {
        let length = file.metadata()?.len();
        let block = usize::try_from(length).unwrap_or(BLOCK).clamp(1, BLOCK);
        let (mut hasher, mut block, mut at) = (PhotoHasher::default(), vec![0; block], 0);
        let began = Instant::now();
        hints::read_no_further(file);
        loop {
            let read = read_at(file, &mut block, at)?;
            if read == 0 {
                return Ok((hasher.finish(), at));
            }
            hasher.update(&block[..read]);
            at += read as u64;
            self.wait(began, at)?;
        }
    }

    /// Sleeps until so many bytes may have been read.
    fn wait(&self, began: Instant, read: u64) -> io::Result<()> {
        let due = match self.bytes_per_second {
            Some(rate) => Duration::from_secs_f64(to_f64(read) / to_f64(rate.max(1))),
            None => Duration::ZERO,
        };
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Err(io::Error::other("nobody waits for it"));
            }
            let left = due.saturating_sub(began.elapsed());
            if left.is_zero() {
                return Ok(());
            }
            sleep(left.min(NAP));
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate need not be exact")]
fn to_f64(bytes: u64) -> f64 {
    bytes as f64
}

/// Reads what there is from `at` on. What was not in memory does not stay there.
fn read_at(file: &File, block: &mut [u8], at: u64) -> io::Result<usize> {
    match cached::read_at(file, block, at) {
        Err(error) if cached::must_wait(&error) => {
            let read = file.read_at(block, at)?;
            hints::forget(file, at, read);
            Ok(read)
        }
        read => read,
    }
}

#[cfg(target_os = "linux")]
mod hints {
    use std::fs::File;
    use std::num::NonZeroU64;

    use rustix::fs::{Advice, fadvise};

    /// Has the kernel read what is asked for and nothing behind it, so that it is known what was in
    /// memory before. A kernel that does not listen reads all the same.
    pub(crate) fn read_no_further(file: &File) {
        let _ = fadvise(file, 0, None, Advice::Random);
    }

    /// Has the kernel forget what was read.
    pub(crate) fn forget(file: &File, at: u64, length: usize) {
        let _ = fadvise(file, at, NonZeroU64::new(length as u64), Advice::DontNeed);
    }
}

#[cfg(not(target_os = "linux"))]
mod hints {
    use std::fs::File;

    pub(crate) fn read_no_further(_: &File) {}

    pub(crate) fn forget(_: &File, _: u64, _: usize) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photo_is_read_no_faster_than_it_may_be_and_no_further_than_somebody_waits() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photo");
        std::fs::write(&path, vec![7; 3 * BLOCK]).unwrap();
        let file = File::open(&path).unwrap();
        let stop = AtomicBool::new(false);
        let began = Instant::now();
        let rate = Some(30 * BLOCK as u64);
        let (digests, bytes) =
            SlowRead { bytes_per_second: rate, stop: &stop }.hash(&file).unwrap();
        assert!(began.elapsed() >= Duration::from_millis(100));
        assert_eq!(bytes, 3 * BLOCK as u64);
        let mut hasher = PhotoHasher::default();
        hasher.update(&vec![7; 3 * BLOCK]);
        assert_eq!(hasher.finish(), digests);
        stop.store(true, Ordering::Relaxed);
        let rate = Some(1);
        assert!(SlowRead { bytes_per_second: rate, stop: &stop }.hash(&file).is_err());
    }
}
