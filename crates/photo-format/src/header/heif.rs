//! HEIC and AVIF: the size of the primary item, which of a photo in tiles is that of all of them,
//! and of one that is cropped what is left of it.

use std::io::{self, BufRead, Seek};

use super::{Header, Orientation, boxes, unreadable};
use crate::{Dimensions, PhotoFormat};

/// A property that items may have.
enum Property {
    Size(Dimensions),
    /// The size of the part that is shown (`clap`): codecs that only know even sides hide a row or
    /// a column with it.
    Crop(Dimensions),
    /// Quarter turns against the clock.
    Turn(u8),
    /// Whether left and right change places; else top and bottom.
    Mirror {
        is_sideways: bool,
    },
    Other,
}

pub(super) fn read(format: PhotoFormat, file: &mut (impl BufRead + Seek)) -> io::Result<Header> {
    let meta = boxes::find_in_file(file, *b"meta")?.ok_or_else(unreadable)?;
    let meta = boxes::read(file, &meta)?;
    // Behind the version and flags.
    let meta = meta.get(4..).ok_or_else(unreadable)?;
    let of = |kind: &[u8; 4]| boxes::children(meta).find(|it| it.0 == *kind).map(|it| it.1);
    let properties = of(b"iprp").ok_or_else(unreadable)?;
    let all = boxes::children(properties).find(|it| it.0 == *b"ipco").ok_or_else(unreadable)?;
    let all: Vec<Property> = boxes::children(all.1).map(property).collect();
    let own = boxes::children(properties)
        .filter(|it| it.0 == *b"ipma")
        .find_map(|it| associations(it.1, primary(of(b"pitm")?)?));
    let own: Vec<&Property> =
        own.unwrap_or_default().into_iter().filter_map(|at| all.get(at.checked_sub(1)?)).collect();
    let size = |properties: &mut dyn Iterator<Item = &Property>| {
        let sizes = properties.filter_map(|property| match property {
            Property::Size(size) => Some(*size),
            _ => None,
        });
        sizes.max_by_key(|size| size.pixels())
    };
    // Where no item is the primary one, the largest will be.
    let size = size(&mut own.iter().copied()).or_else(|| size(&mut all.iter()));
    let mut header = Header::new(format, crop(size.ok_or_else(unreadable)?, &own));
    header.orientation = orientation(&own);
    Ok(header)
}

fn property((kind, content): ([u8; 4], &[u8])) -> Property {
    let side = |at: usize| Some(u32::from_be_bytes(*content.get(at..)?.first_chunk()?));
    match &kind {
        b"ispe" => match (side(4), side(8)) {
            (Some(width), Some(height)) => Property::Size(Dimensions { width, height }),
            _ => Property::Other,
        },
        b"clap" => cropped(content).map_or(Property::Other, Property::Crop),
        b"irot" => content.first().map_or(Property::Other, |turn| Property::Turn(turn & 3)),
        b"imir" => content
            .first()
            .map_or(Property::Other, |axis| Property::Mirror { is_sideways: axis & 1 == 1 }),
        _ => Property::Other,
    }
}

/// The size that a crop leaves: two fractions, rounded to whole pixels.
fn cropped(content: &[u8]) -> Option<Dimensions> {
    let number =
        |at: usize| Some(u64::from(u32::from_be_bytes(*content.get(at..)?.first_chunk()?)));
    let side = |at: usize| {
        let (numerator, denominator) = (number(at)?, number(at + 4)?);
        let rounded = (numerator + denominator / 2).checked_div(denominator)?;
        u32::try_from(rounded).ok().filter(|side| *side > 0)
    };
    Some(Dimensions { width: side(0)?, height: side(8)? })
}

/// What the properties leave of a picture of this size, before it is turned. A crop to more than
/// there is counts for nothing.
fn crop(size: Dimensions, properties: &[&Property]) -> Dimensions {
    let mut left = size;
    let mut is_on_its_side = false;
    for property in properties {
        match property {
            Property::Turn(1 | 3) => is_on_its_side = !is_on_its_side,
            Property::Crop(crop) => {
                let (width, height) = if is_on_its_side {
                    (crop.height, crop.width)
                } else {
                    (crop.width, crop.height)
                };
                if width <= left.width && height <= left.height {
                    left = Dimensions { width, height };
                }
            }
            _ => {}
        }
    }
    left
}

/// The primary item's number.
fn primary(content: &[u8]) -> Option<u32> {
    let (version, rest) = (content.first()?, content.get(4..)?);
    if *version == 0 {
        Some(u16::from_be_bytes(*rest.first_chunk()?).into())
    } else {
        Some(u32::from_be_bytes(*rest.first_chunk()?))
    }
}

/// The numbers of an item's properties, counted from 1, in order.
fn associations(content: &[u8], wanted: u32) -> Option<Vec<usize>> {
    let [version, _, _, flags, rest @ ..] = content else { return None };
    let mut rest = rest.get(4..)?;
    while !rest.is_empty() {
        let item;
        if *version == 0 {
            item = u16::from_be_bytes(*rest.first_chunk()?).into();
            rest = &rest[2..];
        } else {
            item = u32::from_be_bytes(*rest.first_chunk()?);
            rest = &rest[4..];
        }
        let (count, after) = rest.split_first()?;
        let is_wide = flags & 1 == 1;
        let length = usize::from(*count) * if is_wide { 2 } else { 1 };
        let own = after.get(..length)?;
        rest = &after[length..];
        if item == wanted {
            // The highest bit says whether the property is essential.
            return Some(if is_wide {
                own.chunks_exact(2)
                    .map(|it| usize::from(it[0] & 0x7F) << 8 | usize::from(it[1]))
                    .collect()
            } else {
                own.iter().map(|it| usize::from(it & 0x7F)).collect()
            });
        }
    }
    None
}

/// The orientation that turning and mirroring make together, in the order in which they are listed.
fn orientation(properties: &[&Property]) -> Orientation {
    // What becomes of a step to the right and of one down.
    let (mut right, mut down) = ((1, 0), (0, 1));
    for property in properties {
        let change: fn((i8, i8)) -> (i8, i8) = match property {
            Property::Turn(1) => |(x, y)| (y, -x),
            Property::Turn(2) => |(x, y)| (-x, -y),
            Property::Turn(3) => |(x, y)| (-y, x),
            Property::Mirror { is_sideways: true } => |(x, y)| (-x, y),
            Property::Mirror { is_sideways: false } => |(x, y)| (x, -y),
            _ => continue,
        };
        (right, down) = (change(right), change(down));
    }
    let number = match (right, down) {
        ((-1, 0), (0, 1)) => 2,
        ((-1, 0), (0, -1)) => 3,
        ((1, 0), (0, -1)) => 4,
        ((0, 1), (1, 0)) => 5,
        ((0, 1), (-1, 0)) => 6,
        ((0, -1), (-1, 0)) => 7,
        ((0, -1), (1, 0)) => 8,
        _ => 1,
    };
    Orientation::new(number).unwrap_or(Orientation::UPRIGHT)
}
