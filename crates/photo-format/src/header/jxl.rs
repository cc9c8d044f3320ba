//! JPEG XL, in a container or bare (ISO 18181-1, annex D).

use std::io::{self, BufRead, Read, Seek, SeekFrom};

use super::boxes;
use super::{Header, Orientation, take, unreadable};
use crate::{Dimensions, PhotoFormat};

/// More than the fields in question can take, in bytes.
const HEAD: u64 = 32;

/// The ratios of width to height that have a number.
const RATIOS: [(u64, u64); 7] = [(1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1)];

pub(super) fn read(file: &mut (impl BufRead + Seek)) -> io::Result<Header> {
    let start: [u8; 2] = take(file)?;
    let codestream = if start == [0xFF, 0x0A] { 0 } else { find_codestream(file)? };
    file.seek(SeekFrom::Start(codestream))?;
    let mut head = Vec::new();
    file.take(HEAD).read_to_end(&mut head)?;
    let mut bits = Bits { bytes: head.strip_prefix(&[0xFF, 0x0A]).ok_or_else(unreadable)?, at: 0 };
    let dimensions = bits.size().ok_or_else(unreadable)?;
    let mut header = Header::new(PhotoFormat::Jxl, dimensions);
    header.orientation = bits.orientation().unwrap_or(Orientation::UPRIGHT);
    Ok(header)
}

fn find_codestream(file: &mut (impl BufRead + Seek)) -> io::Result<u64> {
    if let Some(place) = boxes::find_in_file(file, *b"jxlc")? {
        return Ok(place.offset);
    }
    // The first part begins with its number.
    boxes::find_in_file(file, *b"jxlp")?.map(|place| place.offset + 4).ok_or_else(unreadable)
}

/// Bits, the lowest of each byte first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> Option<u64> {
        let mut number = 0;
        for n in 0..count {
            let byte = self.bytes.get(self.at / 8)?;
            number |= u64::from(byte >> (self.at % 8) & 1) << n;
            self.at += 1;
        }
        Some(number)
    }

    fn size(&mut self) -> Option<Dimensions> {
        let is_small = self.take(1)? == 1;
        let height = self.side(is_small)?;
        let width = match usize::try_from(self.take(3)?).ok()?.checked_sub(1) {
            None => self.side(is_small)?,
            Some(ratio) => {
                let (width, by) = RATIOS.get(ratio)?;
                height * width / by
            }
        };
        Some(Dimensions { width: width.try_into().ok()?, height: height.try_into().ok()? })
    }

    fn side(&mut self, is_small: bool) -> Option<u64> {
        if is_small {
            return Some((self.take(5)? + 1) * 8);
        }
        let count = [9, 13, 18, 30][usize::try_from(self.take(2)?).ok()?];
        Some(self.take(count)? + 1)
    }

    fn orientation(&mut self) -> Option<Orientation> {
        let is_all_default = self.take(1)? == 1;
        if is_all_default || self.take(1)? == 0 {
            return Some(Orientation::UPRIGHT);
        }
        Orientation::new(u8::try_from(self.take(3)?).ok()? + 1)
    }
}
