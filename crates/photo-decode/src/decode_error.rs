//! Why a photo was not decoded.

use photo_format::PhotoFormat;

/// Why a photo was not decoded.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// There is no decoder for the format.
    #[error("{0} photos cannot be decoded here")]
    Format(PhotoFormat),
    /// There is one for the format, and not for this kind of it.
    #[error("this kind of {format} is not supported: {kind}")]
    Unsupported {
        /// The format.
        format: PhotoFormat,
        /// What the decoder says of the kind.
        kind: String,
    },
    /// It would take more memory than it may.
    #[error("decoding the photo takes {needed} bytes of memory, more than the {limit} it may")]
    TooLarge {
        /// How many bytes it takes.
        needed: u64,
        /// How many it may.
        limit: u64,
    },
    /// The photo is damaged, so that nothing of it can be shown.
    #[error("the photo's pixels cannot be read: {0}")]
    Damaged(String),
}
