//! The tables of the file, each with what always is done together.

pub(super) mod callbacks;
pub(super) mod job;
pub(super) mod job_table;
pub(super) mod job_view;
pub(super) mod known_models;
pub(super) mod model_queue;
pub(super) mod results;
