//! Reading a photo's size from its header, where the library's way could be led astray: what a
//! decoder would unfold must be what is checked against the limit.

use std::io::{self, BufRead, Seek, SeekFrom};

use crate::photo_format::Dimensions;

/// The size of a JPEG: its first frame header, found as decoders find it. All of them skip fill bytes,
/// and stray bytes up to the next marker. Where they do not agree on what comes next, another size
/// could be hidden from some of them: such a header, which no camera writes, cannot be read.
pub(crate) fn jpeg(file: &mut (impl BufRead + Seek)) -> io::Result<Dimensions> {
    file.seek(SeekFrom::Start(2))?;
    loop {
        match marker(file)? {
            // Start of frame, of any kind: length, precision, height, width.
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                let [_, _, _, top, height, left, width] = take(file)?;
                let (height, width) = ([top, height], [left, width]);
                return Ok(Dimensions {
                    width: u16::from_be_bytes(width).into(),
                    height: u16::from_be_bytes(height).into(),
                });
            }
            // TEM and restarts stand alone for libjpeg and have a length for others, and so does a second
            // start. An end, and pixels, have no place before the frame.
            0x01 | 0xD0..=0xDA => return Err(unreadable()),
            marker => {
                let length = u16::from_be_bytes(take(file)?);
                // Of every APP0 longer than five bytes zune-jpeg reads seven.
                if (marker, length) == (0xE0, 6) {
                    return Err(unreadable());
                }
                let rest = length.checked_sub(2).ok_or_else(unreadable)?;
                file.seek(SeekFrom::Current(rest.into()))?;
            }
        }
    }
}

/// The size of a BMP. A height below zero means that the rows go from top to bottom.
pub(crate) fn bmp(file: &mut (impl BufRead + Seek)) -> io::Result<Dimensions> {
    file.seek(SeekFrom::Start(14))?;
    if u32::from_le_bytes(take(file)?) == 12 {
        let width = u16::from_le_bytes(take(file)?).into();
        return Ok(Dimensions { width, height: u16::from_le_bytes(take(file)?).into() });
    }
    let width = i32::from_le_bytes(take(file)?);
    let height = i32::from_le_bytes(take(file)?).unsigned_abs();
    Ok(Dimensions { width: u32::try_from(width).map_err(|_| unreadable())?, height })
}

/// The next marker of a JPEG.
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

fn take<const N: usize>(file: &mut impl BufRead) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn unreadable() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn size(read: io::Result<Dimensions>) -> Option<(u32, u32)> {
        read.ok().map(|it| (it.width, it.height))
    }

    fn jpeg_size(after_start: &[u8]) -> Option<(u32, u32)> {
        size(jpeg(&mut Cursor::new([b"\xFF\xD8", after_start].concat())))
    }

    const FRAME: &[u8] = b"\xFF\xC0\x00\x0B\x08\x00\x10\x00\x20\x01\x01\x11\x00";

    #[test]
    fn a_jpeg_has_the_size_of_the_frame_that_decoders_find() {
        // Each hides the frame from a reader that takes what follows for a segment's length.
        for before in [
            b"".as_slice(),
            b"\xFF\xE0\x00\x04ab",
            b"\xFF\xFF\xFF",
            b"stray bytes \xFF\x00 and more",
            b"\xFF\xE1\x00\x04ab and \xFF\x00\xFF\xFF\xE2\x00\x02 more",
            b"\xFF\xE1\x00\x02",
        ] {
            assert_eq!(jpeg_size(&[before, FRAME].concat()), Some((32, 16)), "{before:?}");
        }
    }

    #[test]
    fn what_decoders_do_not_read_alike_has_no_size() {
        for before in [
            b"\xFF\xD0".as_slice(),
            b"\xFF\x01",
            b"\xFF\xD8\x00\x04ab",
            // Zune-jpeg takes a marker's first byte for the end of this segment.
            b"\xFF\xE0\x00\x06abcd",
        ] {
            assert_eq!(jpeg_size(&[before, FRAME].concat()), None, "{before:?}");
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
            assert_eq!(jpeg_size(&[text, FRAME].concat()[..text.len()]), None, "{text:?}");
        }
        // What would be one stands behind the end.
        assert_eq!(jpeg_size(&[b"\xFF\xD9", FRAME].concat()), None);
    }

    #[test]
    fn a_bmp_may_stand_on_its_head_or_be_of_the_oldest_form() {
        let header = |rest: &[u8]| Cursor::new([&[0; 14], rest].concat());
        let rows_down = header(b"\x28\0\0\0\x20\0\0\0\xF0\xFF\xFF\xFF");
        assert_eq!(size(bmp(&mut rows_down.clone())), Some((32, 16)));
        assert_eq!(size(bmp(&mut header(b"\x28\0\0\0\x20\0\0\0\x10\0\0\0"))), Some((32, 16)));
        assert_eq!(size(bmp(&mut header(b"\x0C\0\0\0\x20\0\x10\0"))), Some((32, 16)));
        assert_eq!(size(bmp(&mut header(b"\x28\0\0\0\xFF\xFF\xFF\xFF\x10\0\0\0"))), None);
        assert_eq!(size(bmp(&mut header(b"\x28\0\0\0\x20\0\0"))), None);
    }
}
