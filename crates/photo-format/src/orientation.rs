//! How the stored pixels of a photo are to be turned.

/// How stored pixels are to be turned to stand upright, as the EXIF tag `Orientation` numbers it:
/// 1 for not at all, up to 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Orientation(u8);

impl Orientation {
    /// The pixels stand upright as they are.
    pub const UPRIGHT: Self = Self(1);

    /// Returns the orientation with this number, if it is one.
    pub const fn new(number: u8) -> Option<Self> {
        if matches!(number, 1..=8) { Some(Self(number)) } else { None }
    }

    /// Returns its number, from 1 to 8.
    pub const fn number(self) -> u8 {
        self.0
    }
}
