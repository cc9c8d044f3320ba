//! What every handler needs of HTTP: reading requests, and the form of answers and failures.

pub(crate) mod access;
pub(crate) mod body;
pub(crate) mod byte_range;
pub(crate) mod etag;
pub(crate) mod image_id;
pub(crate) mod media_type;
pub(crate) mod problem;
pub(crate) mod query;
pub(crate) mod request_error;
pub(crate) mod text;
pub(crate) mod whole_number;
