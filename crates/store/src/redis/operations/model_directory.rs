//! What is known of models.

pub(in crate::redis) mod announce;
pub(in crate::redis) mod announced;
pub(in crate::redis) mod describe;
pub(in crate::redis) mod forget_model;
pub(in crate::redis) mod hold;
pub(in crate::redis) mod models;
pub(in crate::redis) mod renew;
