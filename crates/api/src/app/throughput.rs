//! How much there is to do for each model, and how fast that goes.

pub(crate) mod queue_cache;
pub(crate) mod rates;
