//! How files of photos are read, and what is asked of them before.

pub(super) mod cached;
pub(super) mod checked;
pub(super) mod header;
pub(super) mod noatime;
pub(super) mod slow_read;
pub(super) mod whole;
