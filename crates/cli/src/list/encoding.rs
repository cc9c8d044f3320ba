//! The encodings of text files: UTF-8 with and without a byte-order mark, and UTF-16 with one.

use std::io::{self, BufRead, BufReader, Cursor, Read};

const UTF8_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];
const UTF16_LITTLE_MARK: &[u8] = &[0xFF, 0xFE];
const UTF16_BIG_MARK: &[u8] = &[0xFE, 0xFF];

/// The text behind a byte-order mark, in UTF-8; without one, the bytes as they are.
pub(super) fn decoded(mut input: impl BufRead + 'static) -> io::Result<Box<dyn BufRead>> {
    let mut head = Vec::with_capacity(UTF8_MARK.len());
    input.by_ref().take(UTF8_MARK.len() as u64).read_to_end(&mut head)?;
    if head == UTF8_MARK {
        return Ok(Box::new(input));
    }
    let read_pair = match head.get(..2) {
        Some(UTF16_LITTLE_MARK) => u16::from_le_bytes,
        Some(UTF16_BIG_MARK) => u16::from_be_bytes,
        _ => return Ok(Box::new(Cursor::new(head).chain(input))),
    };
    let mut bytes = head.split_off(2);
    input.read_to_end(&mut bytes)?;
    let units = bytes.chunks_exact(2).map(|pair| read_pair([pair[0], pair[1]]));
    let text: String =
        char::decode_utf16(units).map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    Ok(Box::new(BufReader::new(Cursor::new(text.into_bytes()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_in_every_encoding_that_says_which_it_is() {
        let text = "a b.jpg\r\n写真\n";
        let utf16 = |mark: &[u8], write: fn(u16) -> [u8; 2]| {
            [mark, &text.encode_utf16().flat_map(write).collect::<Vec<u8>>()].concat()
        };
        for file in [
            text.as_bytes().to_vec(),
            [UTF8_MARK, text.as_bytes()].concat(),
            utf16(UTF16_LITTLE_MARK, u16::to_le_bytes),
            utf16(UTF16_BIG_MARK, u16::to_be_bytes),
        ] {
            let mut read = String::new();
            decoded(Cursor::new(file)).unwrap().read_to_string(&mut read).unwrap();
            assert_eq!(read, text);
        }
        for short in [b"".as_slice(), b"a", b"\xEF\xBB", b"\xFF"] {
            let mut read = Vec::new();
            decoded(Cursor::new(short)).unwrap().read_to_end(&mut read).unwrap();
            assert_eq!(read, short);
        }
    }
}
