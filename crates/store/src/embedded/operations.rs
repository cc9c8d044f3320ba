//! The operations of the job store that work on the file, one file each.

pub(super) mod callback_outbox;
pub(super) mod health;
pub(super) mod model_directory;
pub(super) mod queue;
pub(super) mod reading;
