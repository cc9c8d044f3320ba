//! PNG: its size, and the orientation that Exif in it tells, in every spelling there is.

use std::io::{self, BufRead, Seek, SeekFrom};

use super::{Header, library_size, take, take_at};
use crate::{PhotoFormat, exif};

/// The most bytes that a chunk with Exif may have, packed or not.
const MOST_EXIF: usize = 1 << 20;

/// The most chunks that are looked at. A photo's pixels may be in many.
const MOST_CHUNKS: usize = 2_000;

/// What programs call the text in which they keep Exif.
const NAMES: [&[u8]; 2] = [b"Raw profile type exif", b"Raw profile type APP1"];

pub(super) fn read(file: &mut (impl BufRead + Seek)) -> io::Result<Header> {
    let mut header = Header::new(PhotoFormat::Png, library_size(file)?);
    let mut at = 8;
    for _ in 0..MOST_CHUNKS {
        let Ok(()) = file.seek(SeekFrom::Start(at)).map(drop) else { break };
        let Ok(head) = take::<8>(file) else { break };
        let [a, b, c, d, kind @ ..] = head;
        let length = u64::from(u32::from_be_bytes([a, b, c, d]));
        let is_exif = matches!(&kind, b"eXIf" | b"tEXt" | b"zTXt" | b"iTXt");
        if &kind == b"IEND" {
            break;
        }
        if is_exif
            && length <= MOST_EXIF as u64
            && let Ok(chunk) = take_at(file, at + 8, length)
            && let Some(found) = orientation(kind, &chunk)
        {
            header.orientation = found;
            break;
        }
        at = at.saturating_add(12 + length);
    }
    Ok(header)
}

fn orientation(kind: [u8; 4], chunk: &[u8]) -> Option<super::Orientation> {
    if &kind == b"eXIf" {
        return exif::orientation(chunk);
    }
    let name =
        NAMES.iter().find(|name| chunk.starts_with(name) && chunk.get(name.len()) == Some(&0))?;
    let rest = &chunk[name.len() + 1..];
    match &kind {
        b"tEXt" => exif::orientation_in_text(rest),
        b"zTXt" => exif::orientation_in_text(&unpack(rest.get(1..)?)?),
        _ => {
            // Whether it is packed, how, then language and translated name, each up to a zero.
            let (is_packed, rest) = (rest.first()? == &1, rest.get(2..)?);
            let mut parts = rest.splitn(3, |byte| *byte == 0);
            let text = parts.nth(2)?;
            if is_packed {
                exif::orientation_in_text(&unpack(text)?)
            } else {
                exif::orientation_in_text(text)
            }
        }
    }
}

fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(packed, MOST_EXIF).ok()
}
