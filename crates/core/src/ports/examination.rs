//! Looking whether what is stored of an image is whole.

/// How an image is examined.
#[derive(Debug, Clone, Copy, Default)]
pub struct Examination {
    /// Whether the photo is read, and its MD5 and SHA-256 compared. Otherwise it is read only where
    /// something is known to be wrong.
    pub deep: bool,
    /// Whether what is damaged is mended or set aside, and not only told.
    pub mend: bool,
    /// How many bytes are read in a second at most.
    pub bytes_per_second: Option<u64>,
}

/// What was found of an image.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Examined {
    /// How many bytes of the photo were read.
    pub bytes: u64,
    /// The bytes that are there are not the photo's; they are set aside, if they were to be.
    pub damaged_photo: bool,
    /// How the record is, or was before it was mended.
    pub record: RecordHealth,
    /// How many lines of it are lost.
    pub lost_lines: u64,
    /// The photo was stored by a version that took no checksum, and has one now.
    pub checksum_added: bool,
}

/// How an image's record is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RecordHealth {
    /// Whole, or there is none.
    #[default]
    Whole,
    /// It has lost something, and can be written anew.
    Mendable,
    /// It does not say what is known of the photo, and the photo does not tell.
    Lost,
}
