//! BMP: its size, and whether its rows are all there.

use std::io::{self, BufRead, Seek, SeekFrom};

use super::{Header, length, take, unreadable};
use crate::{Dimensions, PhotoFormat};

/// The size of the information header that came first.
const OLDEST: u32 = 12;

pub(super) fn read(file: &mut (impl BufRead + Seek)) -> io::Result<Header> {
    file.seek(SeekFrom::Start(10))?;
    let pixels_at = u32::from_le_bytes(take(file)?);
    let (dimensions, bits, compression);
    if u32::from_le_bytes(take(file)?) == OLDEST {
        let width = u16::from_le_bytes(take(file)?).into();
        dimensions = Dimensions { width, height: u16::from_le_bytes(take(file)?).into() };
        (bits, compression) = (depth(file), Ok(0));
    } else {
        let width = i32::from_le_bytes(take(file)?);
        // A height below zero means that the rows go from top to bottom.
        let height = i32::from_le_bytes(take(file)?).unsigned_abs();
        dimensions = Dimensions { width: width.try_into().map_err(|_| unreadable())?, height };
        (bits, compression) = (depth(file), take(file).map(u32::from_le_bytes));
    }
    let mut header = Header::new(PhotoFormat::Bmp, dimensions);
    if let (Ok(bits), Ok(0)) = (bits, compression) {
        // Rows are filled up to whole 32 bits.
        let row = (u64::from(dimensions.width) * u64::from(bits)).div_ceil(32) * 4;
        let pixels = row.saturating_mul(dimensions.height.into());
        header.is_cut_short = pixels.saturating_add(pixels_at.into()) > length(file)?;
    }
    Ok(header)
}

/// How many bits a pixel has.
fn depth(file: &mut impl BufRead) -> io::Result<u16> {
    let [_, _, low, high] = take(file)?;
    Ok(u16::from_le_bytes([low, high]))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn a_bmp_may_stand_on_its_head_or_be_of_the_oldest_form() {
        let size = |rest: &[u8]| {
            let read = read(&mut Cursor::new([&[0; 14], rest].concat()));
            read.ok().map(|it| (it.dimensions.width, it.dimensions.height))
        };
        assert_eq!(size(b"\x28\0\0\0\x20\0\0\0\xF0\xFF\xFF\xFF"), Some((32, 16)));
        assert_eq!(size(b"\x28\0\0\0\x20\0\0\0\x10\0\0\0"), Some((32, 16)));
        assert_eq!(size(b"\x0C\0\0\0\x20\0\x10\0"), Some((32, 16)));
        assert_eq!(size(b"\x28\0\0\0\xFF\xFF\xFF\xFF\x10\0\0\0"), None);
        assert_eq!(size(b"\x28\0\0\0\x20\0\0"), None);
    }
}
