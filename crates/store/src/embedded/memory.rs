//! What is not in the file, since it ends with the process: who is idle or listens, what
//! dispatchers report, and which models were forgotten a short while ago.

pub(super) mod forgotten_models;
pub(super) mod reports;
pub(super) mod wakes;
