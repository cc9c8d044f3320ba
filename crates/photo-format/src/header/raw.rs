//! Camera RAW that is no TIFF outside: Canon's CR3 and Fujifilm's RAF.

use std::io::{self, BufRead, Cursor, Seek};

use super::boxes::BoxPlace;
use super::{Header, boxes, jpeg, length, take_at, unreadable};
use crate::tiff_reader::{Tiff, tag};
use crate::{Dimensions, PhotoFormat};

/// Canon's own box, below `moov`.
const CANON: [u8; 16] = *b"\x85\xC0\xB6\x87\x82\x0F\x11\xE0\x81\x11\xF4\xCE\x46\x2B\x6A\x48";

/// The box that holds a preview of 1620 by 1080 pixels.
const PREVIEW: [u8; 16] = *b"\xEA\xF4\x2B\x5E\x1C\x98\x4B\x88\xB9\xFB\xB7\xDC\x40\x6E\x4D\x16";

/// Where a RAF says where its preview and its sensor's data are.
const RAF_PLACES: u64 = 84;

/// The RAF tags of the whole sensor's size, and of the picture's.
const RAF_SENSOR: u16 = 0x100;
const RAF_PICTURE: u16 = 0x111;

pub(super) fn read_cr3(file: &mut (impl BufRead + Seek)) -> io::Result<Header> {
    let mut header = Header::new(PhotoFormat::Cr3, Dimensions::UNKNOWN);
    let moov = boxes::find_in_file(file, *b"moov")?.ok_or_else(unreadable)?;
    if let Some(own) =
        find_uuid(file, (moov.offset, moov.offset.saturating_add(moov.length)), CANON)?
    {
        let within = (own.offset + 16, own.offset.saturating_add(own.length));
        // The same as the first directory of an Exif.
        if let Some(place) = boxes::find(file, within, |found| &found.kind == b"CMT1")?
            && let Ok(content) = boxes::read(file, &place)
        {
            read_cmt1(&content, &mut header);
        }
    }
    let end = length(file)?;
    if let Some(own) = find_uuid(file, (0, end), PREVIEW)? {
        // Behind the name of the box and eight bytes of Canon's own there is a box of its own kind,
        // which begins with 16 bytes about the JPEG.
        let within = (own.offset + 24, own.offset.saturating_add(own.length));
        let place = boxes::find(file, within, |found| &found.kind == b"PRVW")?;
        header.preview = place.and_then(|it| Some((it.offset + 16, it.length.checked_sub(16)?)));
    }
    Ok(header)
}

fn find_uuid(
    file: &mut (impl BufRead + Seek),
    within: (u64, u64),
    wanted: [u8; 16],
) -> io::Result<Option<BoxPlace>> {
    let (mut at, end) = within;
    while let Some(found) = boxes::find(file, (at, end), |found| &found.kind == b"uuid")? {
        if found.length >= 16 && take_at(file, found.offset, 16)? == wanted {
            return Ok(Some(found));
        }
        at = found.offset.saturating_add(found.length.max(1));
    }
    Ok(None)
}

fn read_cmt1(content: &[u8], header: &mut Header) {
    let Ok(mut tiff) = Tiff::open(Cursor::new(content)) else { return };
    let Some(Ok(directory)) = tiff.first_directory().map(|at| tiff.directory(at)) else { return };
    let side = |tag| directory.value(tag).and_then(|side| u32::try_from(side).ok());
    if let (Some(width), Some(height)) = (side(tag::WIDTH), side(tag::HEIGHT)) {
        header.dimensions = Dimensions { width, height };
    }
    header.orientation = directory.orientation().unwrap_or(header.orientation);
}

pub(super) fn read_raf(file: &mut (impl BufRead + Seek)) -> io::Result<Header> {
    let mut header = Header::new(PhotoFormat::Raf, Dimensions::UNKNOWN);
    let end = length(file)?;
    let places = take_at(file, RAF_PLACES, 16)?;
    let place = |at: usize| {
        let number = |at: usize| {
            u64::from(u32::from_be_bytes([
                places[at],
                places[at + 1],
                places[at + 2],
                places[at + 3],
            ]))
        };
        (number(at), number(at + 4))
    };
    let (offset, length) = place(0);
    if length > 0 && offset + length <= end {
        header.preview = Some((offset, length));
        // The orientation is that of the preview.
        if let Ok(preview) = take_at(file, offset, length.min(256 << 10))
            && let Ok(preview) = jpeg::read(&mut Cursor::new(preview))
        {
            header.orientation = preview.orientation;
        }
    }
    let (offset, length) = place(8);
    if let Ok(tags) = take_at(file, offset, length.min(1 << 20))
        && let Some(size) = raf_size(&tags)
    {
        header.dimensions = size;
    }
    header.is_cut_short = offset + length > end;
    Ok(header)
}

/// The picture's size in a RAF's list of tags; the sensor's where that is not in it.
fn raf_size(tags: &[u8]) -> Option<Dimensions> {
    let (count, mut rest) = tags.split_first_chunk::<4>()?;
    let (mut sensor, mut picture) = (None, None);
    for _ in 0..u32::from_be_bytes(*count).min(1_000) {
        let (head, after) = rest.split_first_chunk::<4>()?;
        let (tag, length) =
            (u16::from_be_bytes([head[0], head[1]]), u16::from_be_bytes([head[2], head[3]]));
        let value = after.get(..length.into())?;
        rest = &after[length.into()..];
        let size = || {
            let [top, height, left, width] = *value.first_chunk::<4>()?;
            Some(Dimensions {
                width: u16::from_be_bytes([left, width]).into(),
                height: u16::from_be_bytes([top, height]).into(),
            })
        };
        match tag {
            RAF_SENSOR => sensor = size(),
            RAF_PICTURE => picture = size(),
            _ => {}
        }
        if picture.is_some() {
            break;
        }
    }
    picture.or(sensor)
}
