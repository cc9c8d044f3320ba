//! Ingestion and status over HTTP.
//!
//! Photos come in by `POST /predict`, their jobs go to the job store, and results are read by
//! hash. This crate never talks to a model about a photo: dispatchers do, and the two meet only in
//! the stores.

mod access;
mod banner;
mod body;
mod byte_range;
mod callbacks;
mod cancel;
mod connection;
mod error;
mod etag;
mod events;
mod failures;
mod files;
mod fsck;
mod gate;
mod health;
mod hub;
mod image_info;
mod images;
mod intake;
mod model_filter;
mod models;
mod named;
mod openapi;
mod outlook;
mod page;
mod predict;
mod progress;
mod query;
mod queues;
mod rates;
mod reading;
mod reason;
mod refused_photos;
mod register;
mod retry;
mod routes;
mod server;
mod state;
mod status;
mod store_time;
mod thumbnail;
mod wait;
mod whole;

pub use openapi::document as openapi_document;
pub use register::read_announcement;
pub use routes::configure;
pub use server::serve;
pub use state::AppState;
