//! For operators: whether the server works, and whether its stores agree.

pub(crate) mod fsck;
pub(crate) mod health;
