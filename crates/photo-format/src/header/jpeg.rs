//! JPEG: its first frame header, found as libjpeg finds it, and the orientation that Exif tells.
//!
//! What a decoder would unfold must be what is checked against the limit, and everything here
//! decodes with libjpeg. It skips fill bytes, and stray bytes up to the next marker; restarts and
//! TEM stand alone.

use std::io::{self, BufRead, Seek, SeekFrom};

use super::{Header, Orientation, take, unreadable};
use crate::{Dimensions, PhotoFormat, exif};

/// How many bytes stand before Exif in its segment.
const PREFIX: u16 = 6;

/// The application segment that holds Exif.
const APP1: u8 = 0xE1;

pub(super) fn read(file: &mut (impl BufRead + Seek)) -> io::Result<Header> {
    file.seek(SeekFrom::Start(2))?;
    let mut orientation = None;
    loop {
        match marker(file)? {
            // Start of frame, of any kind: length, precision, height, width.
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                let [_, _, _, top, height, left, width] = take(file)?;
                let dimensions = Dimensions {
                    width: u16::from_be_bytes([left, width]).into(),
                    height: u16::from_be_bytes([top, height]).into(),
                };
                let mut header = Header::new(PhotoFormat::Jpeg, dimensions);
                header.orientation = orientation.unwrap_or(header.orientation);
                return Ok(header);
            }
            0x01 | 0xD0..=0xD7 => {}
            // A second start, an end, and pixels have no place before the frame.
            0xD8..=0xDA => return Err(unreadable()),
            marker => {
                let length = u16::from_be_bytes(take(file)?);
                let rest = length.checked_sub(2).ok_or_else(unreadable)?;
                let rest = i64::from(rest) - skip_exif(file, marker, rest, &mut orientation)?;
                file.seek(SeekFrom::Current(rest))?;
            }
        }
    }
}

/// Reads a segment of this length if it holds Exif, which may tell the orientation. Answers how
/// much of it was read: other programs' segments are many and long.
fn skip_exif(
    file: &mut impl BufRead,
    marker: u8,
    length: u16,
    orientation: &mut Option<Orientation>,
) -> io::Result<i64> {
    if marker != APP1 || length < PREFIX || orientation.is_some() {
        return Ok(0);
    }
    if take(file)? != *exif::PREFIX {
        return Ok(PREFIX.into());
    }
    let mut exif = vec![0; usize::from(length - PREFIX)];
    file.read_exact(&mut exif)?;
    *orientation = exif::orientation(&exif);
    Ok(length.into())
}

/// The next marker.
fn marker(file: &mut impl BufRead) -> io::Result<u8> {
    loop {
        skip_while(file, |byte| byte != 0xFF)?;
        skip_while(file, |byte| byte == 0xFF)?;
        let [marker] = take(file)?;
        // A zero says that the byte before it was none.
        if marker != 0 {
            return Ok(marker);
        }
    }
}

fn skip_while(file: &mut impl BufRead, skip: impl Fn(u8) -> bool) -> io::Result<()> {
    loop {
        let buffer = file.fill_buf()?;
        let skipped = buffer.iter().position(|byte| !skip(*byte));
        let all = buffer.len();
        file.consume(skipped.unwrap_or(all));
        if skipped.is_some() {
            return Ok(());
        }
        if all == 0 {
            return Err(unreadable());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn size(after_start: &[u8]) -> Option<(u32, u32)> {
        let read = read(&mut Cursor::new([b"\xFF\xD8", after_start].concat()));
        read.ok().map(|it| (it.dimensions.width, it.dimensions.height))
    }

    const FRAME: &[u8] = b"\xFF\xC0\x00\x0B\x08\x00\x10\x00\x20\x01\x01\x11\x00";

    #[test]
    fn a_jpeg_has_the_size_of_the_frame_that_libjpeg_finds() {
        // Each hides the frame from a reader that takes what follows for a segment's length.
        for before in [
            b"".as_slice(),
            b"\xFF\xE0\x00\x04ab",
            b"\xFF\xE0\x00\x06abcd",
            b"\xFF\xFF\xFF",
            b"stray bytes \xFF\x00 and more",
            b"\xFF\xE1\x00\x04ab and \xFF\x00\xFF\xFF\xE2\x00\x02 more",
            b"\xFF\xE1\x00\x02",
            b"\xFF\xD0",
            b"\xFF\x01",
        ] {
            assert_eq!(size(&[before, FRAME].concat()), Some((32, 16)), "{before:?}");
        }
    }

    #[test]
    fn a_jpeg_without_a_frame_has_no_size() {
        for text in [
            b"".as_slice(),
            b"\xFF\xE0\x00\x01",
            b"\xFF\xE0\xFF\xFF",
            b"\xFF\xD9",
            b"\xFF\xDA\x00\x02",
            b"\xFF\xD8",
            b"\xFF\xC0\x00\x0B\x08\x00",
            b"\xFF\xFF\xFF",
        ] {
            assert_eq!(size(text), None, "{text:?}");
        }
        // What would be one stands behind the end, or behind a second start.
        assert_eq!(size(&[b"\xFF\xD9", FRAME].concat()), None);
        assert_eq!(size(&[b"\xFF\xD8\x00\x04ab", FRAME].concat()), None);
    }
}
