//! Boxes: what the formats of the ISO base media file format (ISO 14496-12) are made of.

use std::io::{self, BufRead, Seek, SeekFrom};

use super::{length, take, take_at};

/// The most boxes that are looked at one behind the other.
const MOST_BOXES: usize = 1_000;

/// One box of a file: where its content is.
pub(super) struct BoxPlace {
    pub(super) kind: [u8; 4],
    pub(super) offset: u64,
    pub(super) length: u64,
}

/// Goes over the boxes of a part of a file and answers the first of this kind, if there is one.
pub(super) fn find(
    file: &mut (impl BufRead + Seek),
    within: (u64, u64),
    is_wanted: impl Fn(&BoxPlace) -> bool,
) -> io::Result<Option<BoxPlace>> {
    let (mut at, end) = within;
    for _ in 0..MOST_BOXES {
        if end.saturating_sub(at) < 8 {
            break;
        }
        file.seek(SeekFrom::Start(at))?;
        let short = u32::from_be_bytes(take(file)?);
        let kind = take(file)?;
        let (head, size) = match short {
            0 => (8, end - at),
            1 => (16, u64::from_be_bytes(take(file)?)),
            short => (8, short.into()),
        };
        let Some(content) = size.checked_sub(head) else { break };
        let found = BoxPlace { kind, offset: at + head, length: content.min(end - at) };
        if is_wanted(&found) {
            return Ok(Some(found));
        }
        at = at.saturating_add(size);
    }
    Ok(None)
}

/// Answers the first box of this kind in the whole file.
pub(super) fn find_in_file(
    file: &mut (impl BufRead + Seek),
    kind: [u8; 4],
) -> io::Result<Option<BoxPlace>> {
    let within = (0, length(file)?);
    find(file, within, |found| found.kind == kind)
}

/// Reads a box's content.
pub(super) fn read(file: &mut (impl BufRead + Seek), place: &BoxPlace) -> io::Result<Vec<u8>> {
    take_at(file, place.offset, place.length)
}

/// The boxes that a content consists of, by kind.
pub(super) fn children(mut content: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let (head, rest) = content.split_first_chunk::<8>()?;
        let [a, b, c, d, kind @ ..] = *head;
        let (head, size) = match u32::from_be_bytes([a, b, c, d]) {
            0 => (8, content.len()),
            1 => (16, usize::try_from(u64::from_be_bytes(*rest.first_chunk()?)).ok()?),
            short => (8, short as usize),
        };
        let found = content.get(head..size.min(content.len()))?;
        content = content.get(size..).unwrap_or_default();
        Some((kind, found))
    })
}
