//! Jobs: how far they have come, and what people do about them.

pub(crate) mod cancel;
mod error_fingerprint;
pub(crate) mod failures;
mod long_poll;
pub(crate) mod queues;
pub(crate) mod retry;
pub(crate) mod selection;
pub(crate) mod status;
