//! Reads from a photo's bytes, without decoding a pixel, its format ([`PhotoFormat`]), its size and
//! orientation ([`Header`]), and whether it is complete ([`StructureCheck`]).
//!
//! All input is untrusted: none makes this crate panic, or read, seek or allocate more than a
//! constant allows.

mod exif;
mod format;
mod header;
mod orientation;
mod structure;
mod tiff_reader;

pub use format::{Dimensions, PhotoFormat};
pub use header::Header;
pub use orientation::Orientation;
pub use structure::StructureCheck;
