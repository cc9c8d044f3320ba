//! Photos: what they are, how large, whether they are whole, and their pixels.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use image::{ImageFormat, ImageReader};
use photo_core::PhotoFormat;
use photo_core::photo_format::{Header, StructureCheck};
use photo_decode::Wanted;
use photo_store::images::read_header;

/// More reads and seeks than one header may cost.
const TOO_MANY_STEPS: u32 = 10_100;

/// More than what is said of one photo.
const TOO_MANY_NOTES: usize = 4;

/// What decoding may take here, in bytes.
const MEMORY: u64 = 8 << 20;

/// The sides that are asked for.
const SIDE: u32 = 16;

/// A header is read in bounded steps, and where a decoder would unfold the photo, it finds no more
/// pixels than were checked against the limit. What is said of its structure does not depend on the
/// pieces in which it comes. Decoding it answers, whatever it is.
pub fn check(input: &[u8]) {
    let head = &input[..input.len().min(PhotoFormat::HEAD_LEN)];
    let Some(format) = PhotoFormat::sniff(head) else { return };
    check_structure(format, input);
    let mut file = Counted { file: Cursor::new(input), steps: 0 };
    let found = read_header(format, &mut file);
    assert!(file.steps < TOO_MANY_STEPS, "{} steps", file.steps);
    let Some(found) = found else { return };
    assert!(found.dimensions.pixels() > 0 || found.format.is_raw());
    assert!((1..=8).contains(&found.orientation.number()));
    check_pixels(&found, input);
    check_decoded(&found, input);
}

fn check_structure(format: PhotoFormat, input: &[u8]) {
    let (mut whole, mut pieces) = (StructureCheck::new(format), StructureCheck::new(format));
    whole.update(input);
    input.chunks(3).for_each(|piece| pieces.update(piece));
    let notes = whole.finish();
    assert!(notes.len() < TOO_MANY_NOTES);
    assert_eq!(notes, pieces.finish());
}

fn check_pixels(found: &Header, input: &[u8]) {
    let kind = match found.format {
        PhotoFormat::Png => ImageFormat::Png,
        PhotoFormat::WebP => ImageFormat::WebP,
        PhotoFormat::Gif => ImageFormat::Gif,
        PhotoFormat::Tiff => ImageFormat::Tiff,
        PhotoFormat::Bmp => ImageFormat::Bmp,
        _ => return,
    };
    let unfolded = ImageReader::with_format(Cursor::new(input), kind).into_dimensions();
    if let Ok((width, height)) = unfolded {
        let pixels = u64::from(width) * u64::from(height);
        let format = found.format;
        assert!(pixels <= found.dimensions.pixels(), "{format}: {width} x {height}, not {found:?}");
    }
}

fn check_decoded(found: &Header, input: &[u8]) {
    let wanted = Wanted { max_side: Some(SIDE), for_display: true, memory: MEMORY };
    if let Ok(decoded) = photo_decode::decode(input, found, wanted) {
        assert!(decoded.image.width().max(decoded.image.height()) <= SIDE);
        assert!(decoded.notes.len() < TOO_MANY_NOTES);
    }
    // As it is: a JPEG has the pixels that its header says.
    let wanted = Wanted { max_side: None, for_display: false, memory: MEMORY };
    if let Ok(decoded) = photo_decode::decode(input, found, wanted)
        && found.format == PhotoFormat::Jpeg
    {
        let size = (found.dimensions.width, found.dimensions.height);
        assert_eq!((decoded.image.width(), decoded.image.height()), size);
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
