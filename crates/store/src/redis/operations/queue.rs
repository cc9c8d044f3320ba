//! Queueing jobs, claiming them, and what becomes of them.

pub(in crate::redis) mod cancel;
pub(in crate::redis) mod claim;
pub(in crate::redis) mod extend;
pub(in crate::redis) mod finish;
pub(in crate::redis) mod requeue;
pub(in crate::redis) mod restore;
pub(in crate::redis) mod submit;
pub(in crate::redis) mod tick;
