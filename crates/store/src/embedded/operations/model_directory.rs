//! What is known of models.

pub(in crate::embedded) mod announce;
pub(in crate::embedded) mod announced;
pub(in crate::embedded) mod describe;
pub(in crate::embedded) mod forget_model;
pub(in crate::embedded) mod hold;
pub(in crate::embedded) mod models;
pub(in crate::embedded) mod renew;
