//! Which photos are accepted, told from their bytes alone.

use std::fmt;
use std::io::{BufRead, Seek};

use serde::{Deserialize, Serialize};

use crate::photo_header;

/// The kinds of photo the server takes. A file's name and declared type play no part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PhotoFormat {
    /// JPEG (ISO 10918).
    Jpeg,
    /// PNG (ISO 15948).
    Png,
    /// WebP.
    WebP,
    /// GIF 87a and 89a.
    Gif,
    /// TIFF and `BigTIFF`.
    Tiff,
    /// Windows bitmap.
    Bmp,
    /// HEIC and HEIF with HEVC.
    Heic,
}

/// Width and height in pixels, as the header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dimensions {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

impl Dimensions {
    /// How many pixels that is.
    pub const fn pixels(self) -> u64 {
        self.width as u64 * self.height as u64
    }
}

/// The HEIF brands that mean "images coded with HEVC" (ISO 23008-12, annex B).
const HEIC_BRANDS: [&[u8]; 6] = [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"];

/// The sizes a BMP's information header can have.
const BMP_HEADER_SIZES: [u32; 8] = [12, 16, 40, 52, 56, 64, 108, 124];

impl PhotoFormat {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Jpeg, Self::Png, Self::WebP, Self::Gif, Self::Tiff, Self::Bmp, Self::Heic];

    /// How many of a file's first bytes [`PhotoFormat::sniff`] wants to see.
    pub const HEAD_LEN: usize = 64;

    /// The format of a file that begins with `head`, if it is one of ours.
    pub fn sniff(head: &[u8]) -> Option<Self> {
        match head {
            [0xFF, 0xD8, 0xFF, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(Self::Png),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Some(Self::Tiff),
            [b'B', b'M', ..] => {
                let size = head.get(14..18)?.try_into().map(u32::from_le_bytes).ok()?;
                BMP_HEADER_SIZES.contains(&size).then_some(Self::Bmp)
            }
            [a, b, c, d, b'f', b't', b'y', b'p', rest @ ..] => {
                // The box holds the major brand, a version, and the compatible brands.
                let len = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
                let brands = &rest[..rest.len().min(len.saturating_sub(8))];
                brands.chunks_exact(4).any(|b| HEIC_BRANDS.contains(&b)).then_some(Self::Heic)
            }
            _ => None,
        }
    }

    /// The size of the photo in pixels from its header, without decoding it; `None` if the header
    /// cannot be made out.
    pub fn dimensions(self, mut file: impl BufRead + Seek) -> Option<Dimensions> {
        let found = match self {
            Self::Jpeg => photo_header::jpeg(&mut file).ok()?,
            Self::Bmp => photo_header::bmp(&mut file).ok()?,
            _ => {
                let size = imagesize::reader_size(file).ok()?;
                Dimensions {
                    width: size.width.try_into().ok()?,
                    height: size.height.try_into().ok()?,
                }
            }
        };
        (found.pixels() > 0).then_some(found)
    }

    /// The extension of stored files.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Gif => "gif",
            Self::Tiff => "tiff",
            Self::Bmp => "bmp",
            Self::Heic => "heic",
        }
    }

    /// The media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
            Self::Tiff => "image/tiff",
            Self::Bmp => "image/bmp",
            Self::Heic => "image/heic",
        }
    }
}

impl fmt::Display for PhotoFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Gif => "GIF",
            Self::Tiff => "TIFF",
            Self::Bmp => "BMP",
            Self::Heic => "HEIC",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_format_is_known_by_its_first_bytes() {
        let bmp = [b"BM\0\0\0\0\0\0\0\0\0\0\0\0".as_slice(), &40u32.to_le_bytes()].concat();
        for (head, format) in [
            (b"\xFF\xD8\xFF\xE0\0\x10JFIF".as_slice(), PhotoFormat::Jpeg),
            (b"\x89PNG\r\n\x1A\n", PhotoFormat::Png),
            (b"GIF87a", PhotoFormat::Gif),
            (b"GIF89a", PhotoFormat::Gif),
            (b"RIFF\x10\0\0\0WEBPVP8 ", PhotoFormat::WebP),
            (b"II*\0", PhotoFormat::Tiff),
            (b"MM\0*", PhotoFormat::Tiff),
            (b"MM\0+", PhotoFormat::Tiff),
            (&bmp, PhotoFormat::Bmp),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", PhotoFormat::Heic),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", PhotoFormat::Heic),
        ] {
            assert_eq!(PhotoFormat::sniff(head), Some(format), "{head:?}");
        }
    }

    #[test]
    fn look_alikes_are_not_photos() {
        for head in [
            b"".as_slice(),
            b"BM is how this text begins",
            b"RIFF\x10\0\0\0WAVEfmt ",
            b"\0\0\0\x18ftypisom\0\0\0\0isommp42",
            b"\0\0\0\x1Cftypavif\0\0\0\0mif1miafMA1B",
            b"<svg xmlns=\"http://www.w3.org/2000/svg\">",
            b"%PDF-1.7",
            b"\xFF\xD8",
        ] {
            assert_eq!(PhotoFormat::sniff(head), None, "{head:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered_without_a_panic(bytes: Vec<u8>) {
            let _ = PhotoFormat::sniff(&bytes);
            let _ = PhotoFormat::Jpeg.dimensions(Cursor::new(bytes));
        }
    }
}
