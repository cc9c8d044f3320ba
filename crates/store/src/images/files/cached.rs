//! Reading what the kernel has in memory without waiting for the disk.
//!
//! A trip to a thread that may wait costs more than a photo of 100 KB that is there already. So
//! that is tried first, and most photos are read soon after they were written.

use std::fs::File;
use std::io::{self, ErrorKind};

#[cfg(target_os = "linux")]
pub(crate) use linux::{open, read_at};
#[cfg(not(target_os = "linux"))]
pub(crate) use others::{open, read_at};

/// Whether a call of [`open`] or [`read_at`] failed only because it would have had to wait, or
/// because the file system, the kernel or a sandbox does not know the question.
pub(crate) fn must_wait(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock
            | ErrorKind::Unsupported
            | ErrorKind::InvalidInput
            | ErrorKind::PermissionDenied
    )
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io::IoSliceMut;
    use std::path::Path;

    use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
    use rustix::io::{ReadWriteFlags, preadv2};

    use super::super::noatime;
    use super::{File, io};

    /// Opens a file to be read.
    pub(crate) fn open(path: &Path) -> io::Result<File> {
        // Whatever lies there: opening a pipe would wait for its other end.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let opened =
            |unnoted| openat2(CWD, path, flags | unnoted, Mode::empty(), ResolveFlags::CACHED);
        noatime::open_by(opened)
    }

    /// Reads what there is from `at` on; answers how many bytes.
    pub(crate) fn read_at(file: &File, block: &mut [u8], at: u64) -> io::Result<usize> {
        Ok(preadv2(file, &mut [IoSliceMut::new(block)], at, ReadWriteFlags::NOWAIT)?)
    }
}

#[cfg(not(target_os = "linux"))]
mod others {
    use std::path::Path;

    use super::{ErrorKind, File, io};

    pub(crate) fn open(_: &Path) -> io::Result<File> {
        Err(ErrorKind::WouldBlock.into())
    }

    pub(crate) fn read_at(_: &File, _: &mut [u8], _: u64) -> io::Result<usize> {
        Err(ErrorKind::WouldBlock.into())
    }
}
