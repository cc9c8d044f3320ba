//! What the dispatcher tells others: operators, supervisors and the images' records.

pub mod health;
mod heartbeat;
mod record_writer;

pub use heartbeat::HeartbeatSender;
pub use record_writer::RecordWriter;
