//! Reading jobs and queues. Nothing here writes.

pub(in crate::embedded) mod failures;
pub(in crate::embedded) mod queues;
pub(in crate::embedded) mod stats;
pub(in crate::embedded) mod status;
pub(in crate::embedded) mod unfinished;
