//! What of a photo is wanted, and the memory that it may take.

/// What a decoder may take beside the pixels, in bytes.
pub(crate) const EXTRA: u64 = 4 << 20;

/// What of a photo is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// The longest side of the picture, in pixels; larger photos are made smaller. `None` for the
    /// photo as it is.
    pub max_side: Option<u32>,
    /// Whether the picture is made ready for the eye: turned upright, and its colour profile
    /// applied. Without it the pixels are those that the file stores.
    pub for_display: bool,
    /// The memory that decoding may take, in bytes, beside the photo itself.
    pub memory: u64,
}
