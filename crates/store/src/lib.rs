//! The ports' implementations: jobs in Redis or SQLite, photos in a folder.

pub mod embedded;
mod hints;
pub mod images;
mod open;
pub mod redis;
mod settings;
mod shares;

pub use open::{OpenError, Sharing, open_image_store, open_job_store};
pub use settings::{Layouts, Settings};
