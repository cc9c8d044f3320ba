//! What dispatchers say, and what wakes them.

pub(in crate::redis) mod dispatchers;
pub(in crate::redis) mod report;
pub(in crate::redis) mod wakes;
