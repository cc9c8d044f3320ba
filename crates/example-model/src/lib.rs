//! A model service that measures photos, for trying the system out and for testing it.
//!
//! It speaks both generations of the model services' wire contract: photos that come in the
//! request, and photos opened by name in a folder that the server shares. It answers like the
//! newest release of the services' template, except that a photo it cannot read is a `400` that
//! says why. Memory is bounded: by bytes and pixels of one photo, and by how many photos are
//! worked on at once.

pub mod announcement;
pub mod generation;
mod http;
mod image_folder;
pub mod measurement;
pub mod options;
pub mod photo;
mod refusal;
mod service;

pub use announcement::{Announcement, announce};
pub use generation::Generation;
pub use http::serve;
pub use measurement::{Measured, Measurement};
pub use options::Options;
pub use photo::{Photo, PhotoError};
