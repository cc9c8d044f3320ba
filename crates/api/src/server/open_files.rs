//! How many files this process may have open, and what that leaves for connections.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The files that the process needs beside connections and uploads.
const OWN_FILES: usize = 128;

/// The files of one upload: a photo being written, and its record.
const UPLOAD_FILES: usize = 2;

/// The connections of one worker, however many files there may be, beside those of clients that
/// wait: each has some 20 KiB of buffers.
const MOST_CONNECTIONS: usize = 2_500;

/// What there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    /// Connections of each worker. Further clients wait in the kernel.
    pub(crate) connections: usize,
    /// Connections, of all workers together, on which clients wait to be told something.
    pub(crate) streams: usize,
}

impl Room {
    /// What there is room for with so many files, so that some are left for the uploads: a process
    /// that has no files left can take nobody's photo. And clients that wait leave room for those
    /// that have something to say. `None` if there are fewer connections than uploads.
    pub(crate) fn new(
        files: usize,
        uploads: usize,
        streams: usize,
        workers: usize,
    ) -> Option<Self> {
        let others = OWN_FILES + uploads.saturating_mul(UPLOAD_FILES);
        let connections = files.checked_sub(others)?;
        let streams = streams.min(connections.checked_sub(uploads)? / 4 * 3);
        let most = MOST_CONNECTIONS + streams.div_ceil(workers);
        Some(Self { connections: (connections / workers).clamp(1, most), streams })
    }
}

/// How many files this process may have open, once it has asked for as many as it may ask for: the
/// limit that programs start with is one for those that look at all their files in turn.
pub(crate) fn allow_many() -> usize {
    let Rlimit { mut current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum {
        match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
            Ok(()) => current = maximum,
            Err(error) => tracing::debug!(%error, "the limit on open files stays as it is"),
        }
    }
    current.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(
        files: usize,
        uploads: usize,
        streams: usize,
        workers: usize,
    ) -> Option<(usize, usize)> {
        let room = Room::new(files, uploads, streams, workers);
        room.map(|room| (room.connections, room.streams))
    }

    #[test]
    fn connections_leave_files_for_the_uploads() {
        assert_eq!(room(1024, 256, 0, 2), Some((192, 0)));
        assert_eq!(room(100_000, 256, 0, 4), Some((MOST_CONNECTIONS, 0)));
        assert_eq!(room(usize::MAX, 256, 0, 4), Some((MOST_CONNECTIONS, 0)));
        assert_eq!(room(512, 256, 10_000, 2), None);
        assert_eq!(room(100, 256, 10_000, 2), None);
    }

    #[test]
    fn clients_that_wait_leave_connections_for_the_others() {
        assert_eq!(room(1024, 256, 10_000, 2), Some((192, 96)));
        assert_eq!(room(4096, 256, 10_000, 2), Some((1_728, 2_400)));
        assert_eq!(room(1 << 20, 256, 10_000, 2), Some((7_500, 10_000)));
        assert_eq!(room(1 << 20, 256, 10_000, 64), Some((MOST_CONNECTIONS + 157, 10_000)));
    }

    #[test]
    fn as_many_files_are_asked_for_as_there_may_be() {
        let files = allow_many();
        assert!(files >= 20, "{files}");
        assert_eq!(getrlimit(Resource::Nofile).current, getrlimit(Resource::Nofile).maximum);
        assert_eq!(allow_many(), files);
    }
}
