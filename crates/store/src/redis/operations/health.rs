//! Whether the store is there, and the same as before.

pub(in crate::redis) mod beat;
pub(in crate::redis) mod ping;
pub(in crate::redis) mod time;
