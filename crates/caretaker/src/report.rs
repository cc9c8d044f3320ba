//! What a walk found.

use std::fmt;

use photo_core::ImageKey;
use serde::Serialize;
use tracing::warn;
use utoipa::ToSchema;

/// What a walk over all images found and, unless it only looked, mended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
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
    /// Lines of records that cannot be read, as a power failure leaves them: what they said is
    /// lost, but for what the job store knows.
    pub unreadable_lines: u64,
    /// Photos whose bytes are not those that were posted. They are set aside until the photos are
    /// posted again.
    pub damaged_photos: u64,
    /// Records that lost entries: rebuilt from the photos and the job store.
    pub damaged_records: u64,
    /// Photos of which all bytes were read and compared with their MD5 and SHA-256. Only deep
    /// checks do that.
    pub verified_photos: u64,
    /// How many bytes that were.
    pub verified_bytes: u64,
    /// Photos of earlier versions that had no checksum by which they are checked whenever they are
    /// read, and have one now.
    pub checksums_added: u64,
    /// What could not be read or mended; the log says why.
    pub unmended: u64,
    /// Which images are damaged, a hundred at most.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub findings: Vec<Finding>,
}

/// Something that is wrong with an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Finding {
    /// The image.
    pub image: ImageKey,
    /// What is wrong with it, and what to do.
    pub what: String,
}

/// The most findings in one report.
const MOST_FINDINGS: usize = 100;

impl Report {
    /// Notes that something about an image could not be read or mended.
    pub(crate) fn unmended(&mut self, image: ImageKey, error: &dyn fmt::Display) {
        warn!(%image, %error, "an image cannot be read or mended");
        self.unmended += 1;
    }

    /// Notes what is wrong with an image.
    pub(crate) fn find(&mut self, image: ImageKey, what: String) {
        warn!(%image, what, "an image is damaged");
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(Finding { image, what });
        }
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
            verified_photos: _,
            verified_bytes: _,
            checksums_added: _,
            findings: _,
            ..
        } = *self;
        self.queued_again
            + self.given_back
            + self.written_down
            + self.missing_photos
            + self.imageless_jobs
            + self.unreadable_lines
            + self.damaged_photos
            + self.damaged_records
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
            (self.unreadable_lines, "lines of records that cannot be read, and are lost"),
            (self.damaged_photos, "damaged photos, set aside until they are posted again"),
            (self.damaged_records, "damaged records, to be written anew"),
            (self.verified_photos, "photos read and compared with their hashes"),
            (self.checksums_added, "photos without a checksum, which they are given"),
            (self.unmended, "things that cannot be read or mended (see the log)"),
        ];
        for (count, what) in findings.iter().filter(|(count, _)| *count > 0) {
            write!(f, "\n{count:>10}  {what}")?;
        }
        for Finding { image, what } in &self.findings {
            write!(f, "\n{image}  {what}")?;
        }
        if self.has_findings() { Ok(()) } else { write!(f, "\njob store and records agree") }
    }
}
