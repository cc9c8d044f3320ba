//! The thread that writes and the one that reads.

pub(super) mod reader;
pub(super) mod worker;
pub(super) mod writer;
