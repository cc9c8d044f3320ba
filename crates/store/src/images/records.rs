//! The records of images: what is known of a photo and what became of its jobs.

pub(super) mod file;
pub(super) mod noted;
pub(super) mod sync;
