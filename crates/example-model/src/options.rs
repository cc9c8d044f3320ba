//! What can be chosen about a model service.

use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use std::time::Duration;

use crate::{Generation, Measurement};

/// How a model service behaves. The default measures the shape of photos sent to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// What it measures.
    pub measurement: Measurement,
    /// How photos reach it.
    pub generation: Generation,
    /// How long it says that it is not ready, from its start.
    pub ready_after: Duration,
    /// How long it pretends to think about each photo, holding its place meanwhile.
    pub delay: Duration,
    /// Which part of the photos it fails on for no reason, from 0 to 1.
    pub fail_rate: f64,
    /// The most pixels of one photo, by its header.
    pub max_pixels: u64,
    /// The most bytes of one photo.
    pub max_bytes: usize,
    /// How many photos it holds in memory at once; requests beyond that wait their turn unread.
    pub concurrency: NonZeroUsize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            measurement: Measurement::ImageShape,
            generation: Generation::Multipart,
            ready_after: Duration::ZERO,
            delay: Duration::ZERO,
            fail_rate: 0.0,
            max_pixels: 100_000_000,
            max_bytes: 100 << 20,
            concurrency: available_parallelism().unwrap_or(NonZeroUsize::MIN),
        }
    }
}
