//! How many files this process may have open, and what that leaves for connections.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The files that the process needs beside connections and uploads.
const OWN_FILES: usize = 128;

/// The files of one upload: a photo being written, and its record.
const FILES_PER_UPLOAD: usize = 2;

/// The connections of one worker, however many files there may be, beside those of clients that
/// wait: each has some 20 KiB of buffers.
const MAX_CONNECTIONS_PER_WORKER: usize = 2_500;

/// How many connections the limit on open files leaves room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ConnectionLimits {
    /// Connections of each worker. Further clients wait in the kernel.
    pub(crate) connections: usize,
    /// Connections, of all workers together, on which clients wait for events.
    pub(crate) streams: usize,
}

impl ConnectionLimits {
    /// Returns what `files` open files leave room for, so that some are left for the uploads: a
    /// process without files cannot take photos. Clients that wait leave room for clients that
    /// send. `None` if there are fewer connections than uploads.
    pub(crate) fn new(
        files: usize,
        uploads: usize,
        streams: usize,
        workers: usize,
    ) -> Option<Self> {
        let others = OWN_FILES + uploads.saturating_mul(FILES_PER_UPLOAD);
        let connections = files.checked_sub(others)?;
        let streams = streams.min(connections.checked_sub(uploads)? / 4 * 3);
        let most = MAX_CONNECTIONS_PER_WORKER + streams.div_ceil(workers);
        Some(Self { connections: (connections / workers).clamp(1, most), streams })
    }
}

/// Raises the limit on this process's open files to the highest it may ask for, and returns it: the
/// limit that programs start with is meant for programs that look through all their files in turn.
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

    fn limits(
        files: usize,
        uploads: usize,
        streams: usize,
        workers: usize,
    ) -> Option<(usize, usize)> {
        let limits = ConnectionLimits::new(files, uploads, streams, workers);
        limits.map(|limits| (limits.connections, limits.streams))
    }

    #[test]
    fn connections_leave_files_for_the_uploads() {
        assert_eq!(limits(1024, 256, 0, 2), Some((192, 0)));
        assert_eq!(limits(100_000, 256, 0, 4), Some((MAX_CONNECTIONS_PER_WORKER, 0)));
        assert_eq!(limits(usize::MAX, 256, 0, 4), Some((MAX_CONNECTIONS_PER_WORKER, 0)));
        assert_eq!(limits(512, 256, 10_000, 2), None);
        assert_eq!(limits(100, 256, 10_000, 2), None);
    }

    #[test]
    fn clients_that_wait_leave_connections_for_the_others() {
        assert_eq!(limits(1024, 256, 10_000, 2), Some((192, 96)));
        assert_eq!(limits(4096, 256, 10_000, 2), Some((1_728, 2_400)));
        assert_eq!(limits(1 << 20, 256, 10_000, 2), Some((7_500, 10_000)));
        assert_eq!(
            limits(1 << 20, 256, 10_000, 64),
            Some((MAX_CONNECTIONS_PER_WORKER + 157, 10_000))
        );
    }

    #[test]
    fn as_many_files_are_asked_for_as_there_may_be() {
        let files = allow_many();
        assert!(files >= 20, "{files}");
        assert_eq!(getrlimit(Resource::Nofile).current, getrlimit(Resource::Nofile).maximum);
        assert_eq!(allow_many(), files);
    }
}
