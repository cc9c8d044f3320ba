//! The fast checksum of a photo's bytes, checked whenever they are read.
//!
//! SHA-256 would cost more than all else that is done to dispatch a photo. XXH3 detects what disks,
//! memory and power failures do to bytes, at tens of gigabytes a second. It is no protection
//! against somebody who makes up bytes to match: that is what SHA-256 is kept for.

use std::fmt;
use std::hash::Hasher;
use std::str::FromStr;

use twox_hash::XxHash3_64;

use crate::text_form::text_form;

/// A 64-bit XXH3, written as 16 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Checksum(u64);

/// Why a text is not a [`Checksum`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a checksum is 16 lower-case hexadecimal digits")]
pub struct InvalidChecksum;

impl Checksum {
    /// The checksum of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(XxHash3_64::oneshot(bytes))
    }
}

/// Computes a [`Checksum`] piece by piece, in constant memory.
#[derive(Clone, Default)]
pub struct ChecksumHasher(XxHash3_64);

impl ChecksumHasher {
    /// Takes in the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    /// The checksum of all bytes taken in.
    pub fn finish(&self) -> Checksum {
        Checksum(self.0.finish())
    }
}

impl FromStr for Checksum {
    type Err = InvalidChecksum;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != 16 || !text.bytes().all(is_digit) {
            return Err(InvalidChecksum);
        }
        u64::from_str_radix(text, 16).map(Self).map_err(|_| InvalidChecksum)
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

text_form!(Checksum);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_known_vectors_come_out() {
        // Of the reference implementation (xxHash 0.8, XXH3_64bits, seed 0).
        assert_eq!(Checksum::of(b"").to_string(), "2d06800538d394c2");
        assert_eq!(Checksum::of(b"abc").to_string(), "78af5f94892f3950");
        for text in ["", "2d06800538d394c", "2D06800538D394C2", "+d06800538d394c2"] {
            assert_eq!(text.parse::<Checksum>(), Err(InvalidChecksum), "{text}");
        }
    }

    proptest! {
        #[test]
        fn pieces_sum_like_the_whole_and_no_bit_can_change(
            bytes in prop::collection::vec(any::<u8>(), 1..2_000),
            cut in 0usize..2_000,
            bit: usize,
        ) {
            let whole = Checksum::of(&bytes);
            let (one, other) = bytes.split_at(cut.min(bytes.len()));
            let mut pieces = ChecksumHasher::default();
            pieces.update(one);
            pieces.update(other);
            prop_assert_eq!(pieces.finish(), whole);
            prop_assert_eq!(whole.to_string().parse(), Ok(whole));
            let mut damaged = bytes.clone();
            let bit = bit % (bytes.len() * 8);
            damaged[bit / 8] ^= 1 << (bit % 8);
            prop_assert_ne!(Checksum::of(&damaged), whole);
        }
    }
}
