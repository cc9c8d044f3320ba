//! Whether the store is there, and the same as before.

pub(in crate::embedded) mod beat;
