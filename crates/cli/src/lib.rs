//! `photoctl`: sends photos to a server, follows their jobs, reads their results, and looks after
//! its queues; all of it over HTTP.
//!
//! It keeps nothing between two runs. What is missing is asked of the server, so that a command
//! which was broken off goes on when it is given again.

mod args;
mod client;
mod commands;
mod ending;
mod find;
mod follow;
mod list;
mod output;
mod reporter;
mod submission;
mod targets;

pub use args::Cli;
pub use commands::run;
