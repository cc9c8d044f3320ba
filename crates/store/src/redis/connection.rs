//! Connections to the server: its address, what is checked of it, and what is sent and heard.

pub(super) mod address;
mod check;
mod layouts;
pub(super) mod link;
mod rights;
pub(super) mod server;
pub(super) mod subscription;
