//! Decodes photos within a given amount of memory, and says what is wrong with damaged ones.
//!
//! JPEG is decoded by libjpeg (mozjpeg), so that the pixels are those that every viewer shows,
//! damage included. It is C, built by the C compiler alone; its fatal errors unwind and are caught
//! here. All other formats are decoded by Rust. [`decode`] returns for every input: a decoder's
//! panic means that the photo cannot be decoded.

mod color;
mod decode;
mod decode_error;
mod jpeg;
mod others;
mod png_rows;
mod shrink;
#[cfg(test)]
mod tests;
mod wanted;

pub use decode::{Decoded, decode, most_memory};
pub use decode_error::DecodeError;
pub use wanted::Wanted;
