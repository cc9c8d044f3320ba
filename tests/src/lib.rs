//! Starts the real servers and programs that tests drive.

pub mod events;
pub mod files;
pub mod http;
pub mod newman;
pub mod photos;
pub mod program;
pub mod redis_server;
pub mod redis_trio;
pub mod templates;
pub mod tls;
mod tools;
pub mod venv;
pub mod wire;
