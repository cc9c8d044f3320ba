//! Decodes photos within a given amount of memory, and says what is wrong with those that are
//! damaged.
//!
//! JPEG is decoded by libjpeg (in the form of mozjpeg), so that what is shown is what every viewer
//! shows, damage included. It is C, built by the C compiler alone; its fatal errors unwind and are
//! caught here. Everything else is decoded by Rust. Whatever comes in, [`decode`] answers: a decoder
//! that panics has met a photo that it cannot decode.

mod color;
mod decode;
mod jpeg;
mod others;
mod png_rows;
mod shrink;
#[cfg(test)]
mod tests;

pub use decode::{DecodeError, Decoded, Wanted, decode, most_memory};
