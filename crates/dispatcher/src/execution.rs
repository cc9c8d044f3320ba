//! Doing one claimed job, while its lease is kept.

mod attempt;
mod job_task;
mod leases;
mod model_worker;
mod pending_result;
mod slot;

pub use attempt::hand_back;
pub use job_task::JobTask;
pub use leases::{HeldLease, Leases};
pub use model_worker::ModelWorker;
pub use pending_result::PendingResult;
pub use slot::Slot;
