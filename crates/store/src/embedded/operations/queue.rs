//! Queueing jobs, claiming them, and what becomes of them.

pub(in crate::embedded) mod cancel;
pub(in crate::embedded) mod claim;
pub(in crate::embedded) mod extend;
pub(in crate::embedded) mod finish;
mod lease;
mod put_back;
pub(in crate::embedded) mod recover;
pub(in crate::embedded) mod requeue;
pub(in crate::embedded) mod restore;
pub(in crate::embedded) mod submit;
pub(in crate::embedded) mod tick;
