//! Who is to be told once jobs have ended.

pub(in crate::redis) mod end_callback;
pub(in crate::redis) mod keep_callbacks;
pub(in crate::redis) mod lease_callbacks;
