//! JPEG 2000, in a container or bare.

use std::io::{self, BufRead, Seek};

use super::{Header, boxes, take, take_at, unreadable};
use crate::{Dimensions, PhotoFormat};

pub(super) fn read(file: &mut (impl BufRead + Seek)) -> io::Result<Header> {
    let start: [u8; 4] = take(file)?;
    let codestream = if start == *b"\xFF\x4F\xFF\x51" {
        0
    } else {
        boxes::find_in_file(file, *b"jp2c")?.ok_or_else(unreadable)?.offset
    };
    // The size is what the pixels' own header says: the container may say another.
    let head = take_at(file, codestream, 24)?;
    if !head.starts_with(b"\xFF\x4F\xFF\x51") {
        return Err(unreadable());
    }
    let number =
        |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let side = |end: u32, begin: u32| end.checked_sub(begin).ok_or_else(unreadable);
    let (width, height) = (side(number(8), number(16))?, side(number(12), number(20))?);
    Ok(Header::new(PhotoFormat::Jp2, Dimensions { width, height }))
}
