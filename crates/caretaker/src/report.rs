//! What a walk found.

use std::fmt;

use photo_core::ImageKey;
use serde::Serialize;
use tracing::warn;
use utoipa::ToSchema;

/// What a walk over all images found and, unless it only looked, mended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = FsckReport)]
pub struct Report {
    /// Images looked at.
    pub images: u64,
    /// Jobs that were accepted and unfinished, and that the job store did not know: queued again.
    pub queued_again: u64,
    /// Jobs that had ended and that the job store did not know: given their endings back.
    pub given_back: u64,
    /// Jobs that had ended without a word in their image's record: written down.
    pub written_down: u64,
    /// Photos that are gone though they should be here. Nothing can be done about that.
    pub missing_photos: u64,
    /// Unfinished jobs of images of which nothing is left. They fail when it is their turn; nothing
    /// else can be done about them. Only [`crate::Caretaker::check`] looks for them.
    pub imageless_jobs: u64,
    /// Records of uploads that were broken off, and photos without a record: removed.
    pub orphans: u64,
    /// Photos past their retention: removed.
    pub expired_photos: u64,
    /// Records past their retention: removed.
    pub expired_records: u64,
    /// Photos that processes that died were receiving: removed.
    pub spool_files: u64,
    /// Lines of records that cannot be read, as a power failure leaves them.
    pub unreadable_lines: u64,
    /// What could not be read or mended; the log says why.
    pub unmended: u64,
}

impl Report {
    /// Notes that something about an image could not be read or mended.
    pub(crate) fn unmended(&mut self, image: ImageKey, error: &dyn fmt::Display) {
        warn!(%image, %error, "an image cannot be read or mended");
        self.unmended += 1;
    }

    /// Whether job store and records did not agree, or something is missing or unreadable. What is
    /// merely past its time is none of these.
    pub fn has_findings(&self) -> bool {
        let Self {
            images: _,
            expired_photos: _,
            expired_records: _,
            spool_files: _,
            orphans: _,
            ..
        } = *self;
        self.queued_again
            + self.given_back
            + self.written_down
            + self.missing_photos
            + self.imageless_jobs
            + self.unreadable_lines
            + self.unmended
            > 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>10}  images looked at", self.images)?;
        let findings = [
            (self.queued_again, "accepted jobs that the job store had lost, to be queued again"),
            (self.given_back, "ended jobs that the job store had lost, to be given back"),
            (self.written_down, "ended jobs missing in their image's record, to be written down"),
            (self.missing_photos, "photos missing though their retention is not over"),
            (
                self.imageless_jobs,
                "unfinished jobs whose photo and record are gone, and which fail",
            ),
            (self.orphans, "leftovers of broken-off or refused uploads, to be removed"),
            (self.expired_photos, "photos past their retention, to be removed"),
            (self.expired_records, "records past their retention, to be removed"),
            (self.spool_files, "half-received photos of programs that died, to be removed"),
            (self.unreadable_lines, "lines of records that cannot be read"),
            (self.unmended, "things that cannot be read or mended (see the log)"),
        ];
        for (count, what) in findings.iter().filter(|(count, _)| *count > 0) {
            write!(f, "\n{count:>10}  {what}")?;
        }
        if self.has_findings() { Ok(()) } else { write!(f, "\njob store and records agree") }
    }
}
