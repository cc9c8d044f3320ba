//! Photos in, and photos out again.

pub(crate) mod check;
pub(crate) mod download;
pub(crate) mod info;
pub(crate) mod refused_photos;
pub(crate) mod upload;
