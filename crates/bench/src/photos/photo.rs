//! Photos of any wanted size, as many different ones as are wanted, made at no cost.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

/// Where in a photo its number stands.
const NUMBER_AT: usize = 24;
/// How long a number is, in hexadecimal digits.
const NUMBER_LEN: usize = 16;
/// The least bytes a photo has.
pub const LEAST_BYTES: usize = 256;

/// The number of the next photo: no two photos of one run are the same.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A JPEG of a wanted size, of which every copy has another number in its comment. Its header is
/// whole; its pixels are noise, always the same.
#[derive(Debug, Clone)]
pub struct Photo {
    begin: [u8; NUMBER_AT],
    rest: Bytes,
}

impl Photo {
    /// A photo of so many bytes.
    pub fn new(bytes: usize) -> Self {
        let bytes = bytes.max(LEAST_BYTES);
        let mut file = Vec::with_capacity(bytes);
        // Start, JFIF, and the comment that holds the number.
        file.extend(b"\xFF\xD8\xFF\xE0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00");
        file.extend(b"\xFF\xFE\x00\x12");
        let mut begin = [0; NUMBER_AT];
        begin.copy_from_slice(&file);
        file.clear();
        // A quantisation table, one grey component of 4000 by 3000 pixels, and its scan.
        file.extend(b"\xFF\xDB\x00\x43\x00");
        file.extend([16; 64]);
        file.extend(b"\xFF\xC0\x00\x0B\x08\x0B\xB8\x0F\xA0\x01\x01\x11\x00");
        file.extend(b"\xFF\xDA\x00\x08\x01\x01\x00\x00\x3F\x00");
        let end = bytes - NUMBER_AT - NUMBER_LEN - 2;
        // xorshift64*, Vigna 2014. A byte of ones would begin a marker.
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        while file.len() < end {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            let noise = state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes();
            file.extend(noise.map(|byte| if byte == 0xFF { 0xFE } else { byte }));
        }
        file.truncate(end);
        file.extend(b"\xFF\xD9");
        Self { begin, rest: file.into() }
    }

    /// How many bytes it has.
    pub fn len(&self) -> usize {
        NUMBER_AT + NUMBER_LEN + self.rest.len()
    }

    /// Another copy of it, in two pieces: the first is new, the second always the same.
    pub fn copy(&self) -> (Vec<u8>, Bytes) {
        let number = format!("{:0NUMBER_LEN$x}", NEXT.fetch_add(1, Ordering::Relaxed));
        ([&self.begin, number.as_bytes()].concat(), self.rest.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use photo_format::{Dimensions, Header, PhotoFormat};

    use super::*;

    #[test]
    fn a_photo_has_the_wanted_size_and_a_header_that_can_be_read() {
        for bytes in [LEAST_BYTES, 1_000, 100_001] {
            let (begin, rest) = Photo::new(bytes).copy();
            let file = [&begin, &rest[..]].concat();
            assert_eq!(file.len(), bytes);
            assert_eq!(PhotoFormat::sniff(&file), Some(PhotoFormat::Jpeg));
            let header = Header::read(PhotoFormat::Jpeg, Cursor::new(file)).expect("a header");
            assert_eq!(header.dimensions, Dimensions { width: 4000, height: 3000 });
        }
    }

    #[test]
    fn no_two_copies_are_the_same() {
        let photo = Photo::new(LEAST_BYTES);
        assert_ne!(photo.copy(), photo.copy());
    }
}
