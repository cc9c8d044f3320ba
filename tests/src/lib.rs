//! Starts the real servers and programs that tests drive.

pub mod events;
pub mod files;
pub mod http;
pub mod photos;
pub mod program;
pub mod redis_server;
pub mod redis_trio;
pub mod templates;
pub mod tls;
pub mod tools;
pub mod wire;
