//! `photoctl`: sends photos to a server, follows their jobs, reads their results, and looks after
//! its queues, all of it over HTTP.
//!
//! It keeps no state between two runs: the server says what it lacks, so an interrupted command
//! continues when it is run again.

mod args;
mod client;
mod commands;
mod ending;
mod find;
mod follow;
mod list;
mod options;
mod output;
mod reporter;
mod run;
mod submission;
mod targets;
mod text;

pub use args::Cli;
pub use run::run;
