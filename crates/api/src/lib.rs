//! Uploads, statuses and operations over HTTP.
//!
//! Photos are uploaded to `POST /predict`, their jobs go to the job store, and results are read by
//! image id. This crate never sends a photo to a model: dispatchers do, and the two meet only in
//! the stores.

mod app;
mod callbacks;
mod events;
mod http;
mod jobs;
mod models;
mod operations;
mod photos;
mod server;
mod web;

pub use app::AppState;
pub use models::read_announcement;
pub use server::{configure, serve};
pub use web::openapi_document;
