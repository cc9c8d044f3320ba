//! Photos: what they are, and how large, by their first bytes and header.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use image::{ImageFormat, ImageReader};
use photo_core::PhotoFormat;
use photo_store::images::read_dimensions;

/// More reads and seeks than one header may cost.
const TOO_MANY_STEPS: u32 = 10_100;

/// A header is read in bounded steps, and where a decoder would unfold the photo, it finds no more
/// pixels than were checked against the limit.
pub fn check(input: &[u8]) {
    let head = &input[..input.len().min(PhotoFormat::HEAD_LEN)];
    let Some(format) = PhotoFormat::sniff(head) else { return };
    let mut file = Counted { file: Cursor::new(input), steps: 0 };
    let found = read_dimensions(format, &mut file);
    assert!(file.steps < TOO_MANY_STEPS, "{} steps", file.steps);
    let Some(found) = found else { return };
    assert!(found.pixels() > 0);

    let kind = match format {
        PhotoFormat::Jpeg => ImageFormat::Jpeg,
        PhotoFormat::Png => ImageFormat::Png,
        PhotoFormat::WebP => ImageFormat::WebP,
        PhotoFormat::Gif => ImageFormat::Gif,
        PhotoFormat::Tiff => ImageFormat::Tiff,
        PhotoFormat::Bmp => ImageFormat::Bmp,
        PhotoFormat::Heic => return,
    };
    let unfolded = ImageReader::with_format(Cursor::new(input), kind).into_dimensions();
    if let Ok((width, height)) = unfolded {
        let pixels = u64::from(width) * u64::from(height);
        assert!(pixels <= found.pixels(), "{format}: {width} x {height}, not {found:?}");
    }
}

/// Counts how often a file is read or moved in.
struct Counted<'a> {
    file: Cursor<&'a [u8]>,
    steps: u32,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.steps += 1;
        self.file.read(buffer)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.steps += 1;
        self.file.seek(to)
    }
}
