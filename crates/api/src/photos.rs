//! Photos in, and photos out again.

mod caching;
pub(crate) mod check;
pub(crate) mod download;
pub(crate) mod info;
pub(crate) mod photo_error;
pub(crate) mod refused_photos;
pub(crate) mod thumbnail;
pub(crate) mod upload;
