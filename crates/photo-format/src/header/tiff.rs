//! TIFF, BigTIFF, and the camera RAW formats that are TIFF inside.

use std::collections::BTreeSet;
use std::io::{self, BufRead, Seek};

use super::{Header, Orientation, length, unreadable};
use crate::tiff_reader::{Directory, Tiff, tag};
use crate::{Dimensions, PhotoFormat};

/// The most directories that are looked at.
const MOST_DIRECTORIES: usize = 32;

/// The kind of pixel (`PhotometricInterpretation`) of a sensor's colour mosaic.
const MOSAIC: u64 = 32_803;

/// The same once it is made into colours, by DNG.
const LINEAR_RAW: u64 = 34_892;

/// The compressions that mean "a JPEG as it stands".
const JPEG_COMPRESSIONS: [u64; 2] = [6, 7];

/// The tags in which RW2 has a preview, and the borders of the picture on the sensor.
const RW2_JPEG: u16 = 0x2E;
const RW2_TOP: u16 = 4;
const RW2_LEFT: u16 = 5;
const RW2_BOTTOM: u16 = 6;
const RW2_RIGHT: u16 = 7;

/// Reads the header of a file that begins like a TIFF. A TIFF has the size of its first page, as it
/// is the one that decoders show; camera RAW has the size of its largest picture.
pub(super) fn read(format: PhotoFormat, file: &mut (impl BufRead + Seek)) -> io::Result<Header> {
    let bytes = length(file)?;
    file.rewind()?;
    let mut tiff = Tiff::open(file)?;
    let first = tiff.first_directory().ok_or_else(unreadable)?;
    let first = tiff.directory(first)?;
    let others = others(&mut tiff, &first);
    let format = match format {
        PhotoFormat::Tiff => kind(&mut tiff, &first, &others)?,
        known => known,
    };
    let mut header = Header::new(format, size(&first).unwrap_or(Dimensions::UNKNOWN));
    header.orientation = first.orientation().unwrap_or(Orientation::UPRIGHT);
    let all = || [&first].into_iter().chain(&others);
    if format.is_raw() {
        let whole =
            all().filter(|directory| directory.value(tag::SUBFILE_TYPE).unwrap_or(0) & 1 == 0);
        let largest = whole.chain(all()).filter_map(size).max_by_key(|size| size.pixels());
        header.dimensions = rw2_size(format, &first).or(largest).unwrap_or(Dimensions::UNKNOWN);
        header.preview = all()
            .filter_map(|directory| preview(&mut tiff, directory))
            .filter(|(offset, length)| offset.saturating_add(*length) <= bytes)
            .max_by_key(|(_, length)| *length);
    }
    header.is_cut_short = all().any(|directory| is_cut_short(&mut tiff, directory, bytes));
    Ok(header)
}

/// The directories behind the first one and below it, as far as they can be read.
fn others(tiff: &mut Tiff<impl BufRead + Seek>, first: &Directory) -> Vec<Directory> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut left = below(tiff, first);
    while let Some(offset) = left.pop() {
        if offset == 0 || found.len() == MOST_DIRECTORIES || !seen.insert(offset) {
            continue;
        }
        if let Ok(directory) = tiff.directory(offset) {
            left.extend(below(tiff, &directory));
            found.push(directory);
        }
    }
    found
}

fn below(tiff: &mut Tiff<impl BufRead + Seek>, directory: &Directory) -> Vec<u64> {
    let mut below = tiff.values(directory, tag::SUB_DIRECTORIES).unwrap_or_default();
    below.truncate(MOST_DIRECTORIES);
    below.push(directory.next);
    below
}

/// Which camera's RAW a TIFF is; a TIFF if it holds no sensor's mosaic.
fn kind(
    tiff: &mut Tiff<impl BufRead + Seek>,
    first: &Directory,
    others: &[Directory],
) -> io::Result<PhotoFormat> {
    if first.has(tag::DNG_VERSION) {
        return Ok(PhotoFormat::Dng);
    }
    let is_raw = |directory: &Directory| {
        matches!(directory.value(tag::PHOTOMETRIC), Some(MOSAIC | LINEAR_RAW))
    };
    if !is_raw(first) && !others.iter().any(is_raw) {
        return Ok(PhotoFormat::Tiff);
    }
    let maker = tiff.text(first, tag::MAKE)?.to_ascii_uppercase();
    let is_by = |name: &[u8]| maker.starts_with(name);
    Ok(match () {
        () if is_by(b"NIKON") => PhotoFormat::Nef,
        () if is_by(b"SONY") => PhotoFormat::Arw,
        () if is_by(b"PENTAX") || is_by(b"RICOH") || is_by(b"ASAHI") => PhotoFormat::Pef,
        () => PhotoFormat::Raw,
    })
}

fn size(directory: &Directory) -> Option<Dimensions> {
    let side = |tag| u32::try_from(directory.value(tag)?).ok();
    let size = Dimensions { width: side(tag::WIDTH)?, height: side(tag::HEIGHT)? };
    (size.pixels() > 0).then_some(size)
}

fn rw2_size(format: PhotoFormat, first: &Directory) -> Option<Dimensions> {
    if format != PhotoFormat::Rw2 {
        return None;
    }
    let side = |from, to| {
        let side = first.value(to)?.checked_sub(first.value(from)?)?;
        u32::try_from(side).ok().filter(|side| *side > 0)
    };
    Some(Dimensions { width: side(RW2_LEFT, RW2_RIGHT)?, height: side(RW2_TOP, RW2_BOTTOM)? })
}

/// Where the directory's JPEG lies, if it has one that is no sensor's data.
fn preview(tiff: &mut Tiff<impl BufRead + Seek>, directory: &Directory) -> Option<(u64, u64)> {
    let is_jpeg = |compression| JPEG_COMPRESSIONS.contains(&compression);
    let is_mosaic = matches!(directory.value(tag::PHOTOMETRIC), Some(MOSAIC | LINEAR_RAW));
    if let (Some(offset), Some(length)) =
        (directory.value(tag::JPEG_OFFSET), directory.value(tag::JPEG_LENGTH))
    {
        return Some((offset, length));
    }
    if let Some((offset, length)) = directory.place(RW2_JPEG) {
        return Some((offset, length));
    }
    let has_jpeg = directory.value(tag::COMPRESSION).is_some_and(is_jpeg) && !is_mosaic;
    if !has_jpeg {
        return None;
    }
    let [offset] = tiff.values(directory, tag::STRIP_OFFSETS).ok()?[..] else { return None };
    Some((offset, directory.value(tag::STRIP_LENGTHS)?))
}

/// Whether the directory counts on pixels behind the file's end.
fn is_cut_short(tiff: &mut Tiff<impl BufRead + Seek>, directory: &Directory, bytes: u64) -> bool {
    let pairs = [(tag::STRIP_OFFSETS, tag::STRIP_LENGTHS), (tag::TILE_OFFSETS, tag::TILE_LENGTHS)];
    pairs.into_iter().any(|(offsets, lengths)| {
        let (Ok(offsets), Ok(lengths)) =
            (tiff.values(directory, offsets), tiff.values(directory, lengths))
        else {
            return true;
        };
        let mut ends = offsets.iter().zip(&lengths).map(|(at, length)| at.saturating_add(*length));
        ends.any(|end| end > bytes)
    })
}
