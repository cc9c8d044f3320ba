//! What the caretaker does: it holds a lease, walks over the shards, and examines images.

pub(super) mod examine;
pub(super) mod lease;
pub(super) mod shard;
