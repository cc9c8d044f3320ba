//! Those who are to be told once an image is finished.

use std::time::Duration;

use uuid::Uuid;

use crate::ImageKey;

/// Somebody who is to be told once an image is finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// By which a receiver knows what it was told already.
    pub id: Uuid,
    /// The image.
    pub image: ImageKey,
    /// Where it is to be told.
    pub url: String,
}

/// A callback that is to be made now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueCallback {
    /// Which.
    pub callback: Callback,
    /// How often it failed.
    pub failures: u32,
}

/// What became of a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackEnd {
    /// It was made, or is given up.
    Settled,
    /// It failed; again after this time.
    Failed {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The image is not finished any more. Again once it is; should the store take it for finished,
    /// after this time.
    TooEarly {
        /// How long to wait.
        retry_after: Duration,
    },
}
