//! What must hold whatever comes in from outside, as one `check` per kind of input. A check panics
//! if something does not hold. The fuzzer looks for such inputs (`tests/fuzz/README.md`), and a
//! test gives every check what the fuzzer has found worth keeping.

#![forbid(unsafe_code)]

pub mod answer;
mod app;
pub mod config;
pub mod form;
pub mod image_record;
pub mod names;
pub mod photo;
pub mod record;
pub mod request;

/// Panics if something does not hold of this input.
pub type Check = fn(&[u8]);

/// Every check, by the name of its target and of its folder in `tests/fuzz/corpus`.
pub const CHECKS: [(&str, Check); 8] = [
    ("answer", answer::check),
    ("config", config::check),
    ("form", form::check),
    ("image_record", image_record::check),
    ("names", names::check),
    ("photo", photo::check),
    ("record", record::check),
    ("request", request::check),
];

/// The input up to its first line break, and what is behind it.
fn split_line(input: &[u8]) -> (&[u8], &[u8]) {
    match input.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&input[..end], &input[end + 1..]),
        None => (input, &[]),
    }
}
