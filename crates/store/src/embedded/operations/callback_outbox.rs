//! Who is to be told once jobs have ended.

pub(in crate::embedded) mod end_callback;
pub(in crate::embedded) mod keep_callbacks;
pub(in crate::embedded) mod lease_callbacks;
