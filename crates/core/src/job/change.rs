//! Hints of what changed.

use crate::{ImageKey, UnixMillis};

/// Why somebody who follows jobs should look at them again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Jobs of images were put in line, claimed, given back, ended, or asked to be cancelled.
    Images {
        /// When, by the store's clock.
        at: UnixMillis,
        /// Whose, each once.
        images: Vec<ImageKey>,
    },
    /// Hints may have been missed: look at everything.
    Reset,
}
