//! What the server shows of itself: a banner to programs, a page to people, its OpenAPI document to
//! both.

pub(crate) mod banner;
pub(crate) mod openapi;
pub(crate) mod page;

pub use self::openapi::document as openapi_document;
