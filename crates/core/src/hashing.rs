//! Hashing a photo while it passes by.

mod checksum;

use std::fmt;
use std::str::FromStr;

use md5::Md5;
use sha2::{Digest, Sha256};

pub use self::checksum::{Checksum, ChecksumHasher};
use crate::ImageKey;
use crate::text_form::text_form;

/// The block of both MD5 (RFC 1321) and SHA-256 (FIPS 180-4), in bytes.
const BLOCK: usize = 64;

/// Computes a photo's MD5, SHA-256 and checksum in one pass over its bytes, in constant memory.
#[derive(Clone, Default)]
pub struct PhotoHasher {
    md5: Md5,
    sha256: Sha256,
    checksum: ChecksumHasher,
}

/// The hashes of one photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digests {
    /// The photo's name.
    pub key: ImageKey,
    /// What tells two photos apart that were made to have the same MD5.
    pub sha256: Sha256Digest,
    /// What its bytes are checked by whenever they are read.
    pub checksum: Checksum,
}

/// A SHA-256, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha256Digest([u8; 32]);

/// Why a text is not a [`Sha256Digest`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a SHA-256 is 64 lower-case hexadecimal digits")]
pub struct InvalidSha256;

impl PhotoHasher {
    /// Takes in the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        // In turn and not one after the other: MD5 is a chain of additions, SHA-256 has units of
        // its own in the processor, and a block is short enough for both to be under way at once.
        for block in bytes.chunks(BLOCK) {
            self.md5.update(block);
            self.sha256.update(block);
        }
        self.checksum.update(bytes);
    }

    /// The hashes of all bytes taken in.
    pub fn finish(self) -> Digests {
        Digests {
            key: ImageKey::from_bytes(self.md5.finalize().into()),
            sha256: Sha256Digest(self.sha256.finalize().into()),
            checksum: self.checksum.finish(),
        }
    }
}

impl FromStr for Sha256Digest {
    type Err = InvalidSha256;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(InvalidSha256);
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| InvalidSha256)?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

text_form!(Sha256Digest);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_known_vectors_come_out() {
        let mut hasher = PhotoHasher::default();
        hasher.update(b"abc");
        let digests = hasher.finish();
        // RFC 1321 section A.5; FIPS 180-2 appendix B.1.
        assert_eq!(digests.key.to_string(), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(
            digests.sha256.to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    proptest! {
        #[test]
        fn pieces_hash_like_the_whole(bytes: Vec<u8>, cut in 0usize..1000) {
            let cut = cut.min(bytes.len());
            let mut whole = PhotoHasher::default();
            whole.update(&bytes);
            let mut pieces = PhotoHasher::default();
            pieces.update(&bytes[..cut]);
            pieces.update(&bytes[cut..]);
            let digests = whole.finish();
            prop_assert_eq!(pieces.finish(), digests);
            prop_assert_eq!(digests.sha256.to_string().parse(), Ok(digests.sha256));
        }
    }
}
