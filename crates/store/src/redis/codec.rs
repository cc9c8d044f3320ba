//! The forms in which the scripts take, keep and answer things.

pub(super) mod claimed;
pub(super) mod duration;
pub(super) mod job_view;
pub(super) mod model_stats;
pub(super) mod model_table;
pub(super) mod outcome;
pub(super) mod reader;
pub(super) mod record;
pub(super) mod rules;
