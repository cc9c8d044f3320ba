//! Tells what a photo is from its bytes alone, without decoding a pixel: its format
//! ([`PhotoFormat`]), its size and orientation ([`Header`]), and whether it is whole
//! ([`StructureCheck`]).
//!
//! Everything here takes bytes from strangers: no input makes it panic, and none makes it read,
//! seek or allocate more than a constant allows.

mod exif;
mod format;
mod header;
mod structure;
mod tiff_reader;

pub use format::{Dimensions, PhotoFormat};
pub use header::{Header, Orientation};
pub use structure::StructureCheck;
