//! Other systems that do the same jobs, as contenders and as servers under load.

mod server;
mod worker;

pub use server::Server;
pub use worker::{Kind, Site, Worker};
