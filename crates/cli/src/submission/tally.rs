//! How many files became of what.

use std::fmt;

use serde::Serialize;

use super::Settled;
use super::settled::Way;
use crate::text::{bytes, count, count_of};

/// What became of the files of a submission, counted.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Tally {
    /// Photos of which the bytes were sent.
    pub(crate) sent: u64,
    /// Those bytes.
    pub(crate) bytes_sent: u64,
    /// Photos that the server had, and of which it did not have all jobs.
    pub(crate) stored: u64,
    /// Photos of which the server had everything.
    pub(crate) known: u64,
    /// Files with the same content as another one.
    pub(crate) twice: u64,
    /// Photos, and files that were meant as photos, that were not taken.
    pub(crate) refused: u64,
    /// Files that are no photos.
    pub(crate) left_out: u64,
    /// Folders that were not looked into.
    pub(crate) folders: u64,
    /// Jobs that were put in line.
    pub(crate) new_jobs: u64,
}

impl Tally {
    /// Counts what became of one file.
    pub(crate) fn count(&mut self, settled: &Settled) {
        match settled {
            Settled::Accepted { photo, jobs, way } => {
                self.new_jobs += jobs.iter().filter(|job| job.new).count() as u64;
                match way {
                    Way::Sent => {
                        self.sent += 1;
                        self.bytes_sent += photo.bytes;
                    }
                    Way::Stored => self.stored += 1,
                }
            }
            Settled::Known(_) => self.known += 1,
            Settled::Twice(_) => self.twice += 1,
            Settled::LeftOut { .. } => self.left_out += 1,
            Settled::Folder(_) => self.folders += 1,
            Settled::Refused { .. } => self.refused += 1,
        }
    }

    /// The different photos that are with the server.
    pub(crate) fn accepted(&self) -> u64 {
        self.sent + self.stored + self.known
    }
}

/// A sentence or two for a person.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let accepted = count_of(self.accepted(), "photo");
        write!(f, "{accepted} submitted")?;
        let parts = [
            (self.sent, format!("{} sent ({})", count(self.sent), bytes(self.bytes_sent))),
            (self.stored, format!("{} on the server before", count(self.stored))),
            (self.known, format!("{} with nothing to do", count(self.known))),
        ];
        let parts = parts.into_iter().filter(|(count, _)| *count > 0).map(|(_, text)| text);
        let parts: Vec<String> = parts.collect();
        if !parts.is_empty() {
            write!(f, ": {}", parts.join(", "))?;
        }
        write!(f, "; {} in line", count_of(self.new_jobs, "new job"))?;
        let others = [
            (self.refused, format!("{} not taken", count_of(self.refused, "file"))),
            (self.twice, format!("{} of the same content left out", count(self.twice))),
            (
                self.left_out,
                format!("{} that are no photos left out (-v names them)", count(self.left_out)),
            ),
            (
                self.folders,
                format!("{} not looked into (--recursive does)", count_of(self.folders, "folder")),
            ),
        ];
        for (_, text) in others.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, "; {text}")?;
        }
        Ok(())
    }
}
