//! Failed jobs as operators see them.

use super::JobView;
use crate::ImageKey;

/// A failed job that can be put back in line.
#[derive(Debug, Clone)]
pub struct FailedJob {
    /// Of which image.
    pub image: ImageKey,
    /// The job; its state is `Failed`, and it failed when it last changed.
    pub job: JobView,
}

impl FailedJob {
    /// The most that a store lists in one call.
    pub const MOST: u32 = 1_000;
}
