//! How one job ended, until that is recorded.

use photo_core::job::{ClaimedJob, Ending};

use super::Slot;
use super::leases::HeldLease;

/// What came of one job. It keeps its lease until it is recorded, so that nobody else does the job
/// meanwhile, and its slot until it is on its way, so that no more of them pile up than there are
/// slots.
#[derive(Debug)]
pub struct PendingResult {
    /// The job.
    pub job: ClaimedJob,
    /// Our hold on it.
    pub held: HeldLease,
    /// The job's slot with its model worker.
    pub slot: Slot,
    /// What came of it.
    pub ending: Ending,
}
