//! Exif: a TIFF within another file, of which the orientation counts here.

use std::io::Cursor;

use crate::orientation::Orientation;
use crate::tiff_reader::Tiff;

/// What stands before Exif in a JPEG, and in files made by programs that copied it from one.
pub(crate) const PREFIX: &[u8; 6] = b"Exif\0\0";

/// Returns the orientation that Exif tells, with or without its [`PREFIX`].
pub(crate) fn orientation(exif: &[u8]) -> Option<Orientation> {
    let exif = exif.strip_prefix(PREFIX).unwrap_or(exif);
    let mut tiff = Tiff::open(Cursor::new(exif)).ok()?;
    let first = tiff.first_directory()?;
    tiff.directory(first).ok()?.orientation()
}

/// Returns the orientation that Exif tells which stands in hexadecimal digits in a text, as
/// ImageMagick writes it into PNG: a line break, the name, the length, the digits in lines.
pub(crate) fn orientation_in_text(text: &[u8]) -> Option<Orientation> {
    let text = std::str::from_utf8(text).ok()?;
    let mut words = text.split_ascii_whitespace().skip_while(|word| word.parse::<u32>().is_err());
    let _length = words.next()?;
    let digits: Vec<u8> = words.flat_map(str::bytes).collect();
    let bytes: Option<Vec<u8>> = digits
        .chunks_exact(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    orientation(&bytes?)
}
