//! Reading jobs and queues.

pub(in crate::redis) mod changes;
pub(in crate::redis) mod failures;
pub(in crate::redis) mod queues;
pub(in crate::redis) mod stats;
pub(in crate::redis) mod status;
pub(in crate::redis) mod unfinished;
