//! WebP: its size, and the orientation that Exif in it tells.

use std::io::{self, BufRead, Seek, SeekFrom};

use super::{Header, library_size, take, take_at};
use crate::{PhotoFormat, exif};

/// The most chunks that are looked at: an animation has one or more per frame.
const MOST_CHUNKS: usize = 2_000;

pub(super) fn read(file: &mut (impl BufRead + Seek)) -> io::Result<Header> {
    let mut header = Header::new(PhotoFormat::WebP, library_size(file)?);
    let mut at = 12;
    for _ in 0..MOST_CHUNKS {
        let Ok(()) = file.seek(SeekFrom::Start(at)).map(drop) else { break };
        let Ok(head) = take::<8>(file) else { break };
        let [kind @ .., a, b, c, d] = head;
        let length = u64::from(u32::from_le_bytes([a, b, c, d]));
        if &kind == b"EXIF" {
            if let Ok(chunk) = take_at(file, at + 8, length)
                && let Some(found) = exif::orientation(&chunk)
            {
                header.orientation = found;
            }
            break;
        }
        at = at.saturating_add(8 + length.next_multiple_of(2));
    }
    Ok(header)
}
