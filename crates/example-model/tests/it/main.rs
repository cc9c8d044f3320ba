//! A model service, driven over HTTP.

#![expect(clippy::unwrap_used, reason = "a helper that panics fails its test, as it should")]

mod announcing;
mod by_name;
mod by_upload;
mod program;
mod support;
