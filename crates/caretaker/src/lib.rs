//! Keeps the job store and the images' records in agreement.
//!
//! The record beside each photo says what was accepted and how each job ended
//! (`photo_core::record`). A [`Caretaker`] reads all images in small steps and repairs what does
//! not agree: jobs that the job store has lost are queued again or restored with their outcomes,
//! outcomes missing from a record are appended, and images past their retention are removed. It
//! does so when the job store was emptied, set back or restarted (`watch`), once a day otherwise,
//! and when an operator asks for it ([`Caretaker::check`]). It also reads all photos slowly in the
//! background to find those that the disk has damaged (`verify`), and repairs damaged records
//! (`health`).
//!
//! Every step may be repeated, run by several caretakers at once, and interrupted anywhere.

mod fsck;
mod health;
mod imageless;
mod judge;
mod notes;
mod report;
mod step;
mod verify;
mod watch;

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use photo_config::Config;
use photo_core::Clock;
use photo_core::ports::{ImageStore, ImageStoreError, JobStore, StoreError};

use self::step::Walk;
use self::verify::Verified;

pub use fsck::Command;
pub use judge::Rules;
pub use report::{Finding, Report};

/// What keeps the two stores in agreement.
pub struct Caretaker {
    jobs: Arc<dyn JobStore>,
    images: Arc<dyn ImageStore>,
    rules: Rules,
    /// How fast all photos are read to find damage, if they are.
    verify_bytes_per_second: Option<u64>,
    verified: Mutex<Option<Verified>>,
    clock: Clock,
}

/// Why a walk did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The job store did not do what it was asked for.
    #[error(transparent)]
    Jobs(#[from] StoreError),
    /// The image store did not.
    #[error(transparent)]
    Images(#[from] ImageStoreError),
}

/// Whether what is found is mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It is.
    Mend,
    /// It is only reported.
    Look,
}

/// Whether the photos' bytes are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// They are not, unless something seems to be wrong.
    Shallow,
    /// All are read, and compared with their hashes.
    Deep,
}

/// How many shelves of images a walk passes.
pub const SHELVES: u16 = 256;

impl Caretaker {
    /// A caretaker of these stores, by the retentions of the configuration.
    pub fn new(
        jobs: Arc<dyn JobStore>,
        images: Arc<dyn ImageStore>,
        config: &Config,
        clock: Clock,
    ) -> Self {
        let rate = config.images.verify_bytes_per_second.as_u64();
        Self {
            jobs,
            images,
            rules: Rules::new(config),
            verify_bytes_per_second: (rate > 0).then_some(rate),
            verified: Mutex::default(),
            clock,
        }
    }

    /// Walks over all images once, as fast as it goes, and then over all unfinished jobs. Tells
    /// `passed` how many of the [`SHELVES`] are behind it and what was found so far, and goes no
    /// further if that says so.
    pub async fn check(
        &self,
        mode: Mode,
        depth: Depth,
        mut passed: impl FnMut(u16, &Report) -> ControlFlow<()> + Send,
    ) -> Result<Report, Trouble> {
        let mut report = Report::default();
        let walk = Walk { mode, depth, rest: 0 };
        for shelf in 0..=u8::MAX {
            let go_on = &mut |report: &Report| passed(u16::from(shelf), report);
            let walked = self.shelf(shelf, walk, &mut report, go_on).await?;
            if walked.is_break() || passed(u16::from(shelf) + 1, &report).is_break() {
                return Ok(report);
            }
        }
        self.imageless_jobs(&mut report, |report| passed(SHELVES, report)).await?;
        if mode == Mode::Mend {
            report.spool_files = self.images.clean_up().await?;
        }
        Ok(report)
    }
}
