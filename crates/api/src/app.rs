//! What the handlers share: the stores, the models and queues that are known, and who waits for
//! what.
//!
//! Each part is built on [`stores`] and on the parts it uses; [`AppState`] holds them all.

pub(crate) mod admission;
pub(crate) mod job_views;
pub(crate) mod maintenance;
pub(crate) mod model_names;
pub(crate) mod model_services;
pub(crate) mod progress;
mod state;
pub(crate) mod stores;
pub(crate) mod subscriptions;
pub(crate) mod throughput;
pub(crate) mod thumbnails;

pub use self::state::AppState;
