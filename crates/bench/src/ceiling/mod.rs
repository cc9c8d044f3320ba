//! What the machine can do at best, piece by piece: nobody who takes photos in over HTTP, hashes
//! and keeps them, and posts them on, can be faster than these.

pub mod disk;
pub mod hash;
pub mod post;
pub mod receive;
pub mod scripts;
