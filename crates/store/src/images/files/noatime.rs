//! Opening files without its being noted that they are read. Nobody asks when a photo was read, and
//! to note it is another write to the disk for each.

#[cfg(target_os = "linux")]
pub(crate) use linux::{open, open_by};
#[cfg(not(target_os = "linux"))]
pub(crate) use others::open;

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::File;
    use std::io;
    use std::os::fd::OwnedFd;
    use std::path::Path;

    use rustix::fs::{Mode, OFlags};
    use rustix::io::{Errno, retry_on_intr};

    /// Opens a file to be read.
    pub(crate) fn open(path: &Path) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        open_by(|unnoted| rustix::fs::open(path, flags | unnoted, Mode::empty()))
    }

    /// Opens a file by a call that is told these flags beside its own.
    pub(crate) fn open_by(
        call: impl Fn(OFlags) -> rustix::io::Result<OwnedFd>,
    ) -> io::Result<File> {
        // Only the file's owner may ask for it.
        let opened = match retry_on_intr(|| call(OFlags::NOATIME)) {
            Err(Errno::PERM) => retry_on_intr(|| call(OFlags::empty())),
            opened => opened,
        };
        Ok(opened?.into())
    }
}

#[cfg(not(target_os = "linux"))]
mod others {
    use std::fs::File;
    use std::io;
    use std::path::Path;

    pub(crate) fn open(path: &Path) -> io::Result<File> {
        File::open(path)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs::{File, FileTimes};
    use std::io::Read;
    use std::time::SystemTime;

    use super::super::cached;
    use super::*;

    #[test]
    fn reading_is_not_noted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photo");
        std::fs::write(&path, "a photo").unwrap();
        // Read last before it was written: to read it now would be noted.
        let file = File::options().append(true).open(&path).unwrap();
        file.set_times(FileTimes::new().set_accessed(SystemTime::UNIX_EPOCH)).unwrap();
        for opened in [open(&path), cached::open(&path)] {
            let mut photo = String::new();
            match opened.and_then(|mut file| file.read_to_string(&mut photo)) {
                Ok(_) => assert_eq!(photo, "a photo"),
                // Where the kernel does not know the question it is opened in the other way.
                Err(error) => assert!(cached::must_wait(&error), "{error}"),
            }
            assert_eq!(file.metadata().unwrap().accessed().unwrap(), SystemTime::UNIX_EPOCH);
        }
    }
}
