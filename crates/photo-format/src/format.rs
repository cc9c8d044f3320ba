//! Which photos are accepted, told from their first bytes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kinds of photo the server takes. A file's name and declared type play no part.
///
/// [`PhotoFormat::sniff`] never says `Dng`, `Nef`, `Arw` or `Pef`, nor `Raw`: they begin as a TIFF
/// does, and their directories tell ([`crate::Header::read`]).
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
    /// AVIF.
    Avif,
    /// JPEG XL (ISO 18181), in a container or bare.
    Jxl,
    /// JPEG 2000 (ISO 15444), in a container or bare.
    Jp2,
    /// Photoshop documents, PSD and PSB.
    Psd,
    /// Adobe's camera RAW.
    Dng,
    /// Canon's camera RAW, the second.
    Cr2,
    /// Canon's camera RAW, the third.
    Cr3,
    /// Nikon's camera RAW.
    Nef,
    /// Sony's camera RAW.
    Arw,
    /// Fujifilm's camera RAW.
    Raf,
    /// Panasonic's and Leica's camera RAW.
    Rw2,
    /// Olympus' and OM System's camera RAW.
    Orf,
    /// Pentax' and Ricoh's camera RAW.
    Pef,
    /// Camera RAW of another maker, in a TIFF.
    Raw,
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
    /// The size of a photo whose header does not tell it, which some camera RAW files do not.
    pub const UNKNOWN: Self = Self { width: 0, height: 0 };

    /// Returns the number of pixels.
    pub const fn pixels(self) -> u64 {
        self.width as u64 * self.height as u64
    }
}

/// The HEIF brands that mean "images coded with HEVC" (ISO 23008-12, annex B).
const HEIC_BRANDS: [&[u8]; 6] = [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"];

/// The HEIF brands that mean "images coded with AV1".
const AVIF_BRANDS: [&[u8]; 2] = [b"avif", b"avis"];

/// The brand of Canon's third RAW format.
const CR3_BRAND: &[u8] = b"crx ";

/// The sizes a BMP's information header can have.
const BMP_HEADER_SIZES: [u32; 8] = [12, 16, 40, 52, 56, 64, 108, 124];

impl PhotoFormat {
    /// All formats.
    pub const ALL: [Self; 21] = [
        Self::Jpeg,
        Self::Png,
        Self::WebP,
        Self::Gif,
        Self::Tiff,
        Self::Bmp,
        Self::Heic,
        Self::Avif,
        Self::Jxl,
        Self::Jp2,
        Self::Psd,
        Self::Dng,
        Self::Cr2,
        Self::Cr3,
        Self::Nef,
        Self::Arw,
        Self::Raf,
        Self::Rw2,
        Self::Orf,
        Self::Pef,
        Self::Raw,
    ];

    /// How many of a file's first bytes [`PhotoFormat::sniff`] wants to see.
    pub const HEAD_LEN: usize = 64;

    /// Returns the format of a file that begins with `head`, if it is one of ours.
    pub fn sniff(head: &[u8]) -> Option<Self> {
        match head {
            [0xFF, 0xD8, 0xFF, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(Self::Png),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            [b'I', b'I', 42, 0, _, _, _, _, b'C', b'R', 2, ..] => Some(Self::Cr2),
            [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Some(Self::Tiff),
            [b'I', b'I', b'U', 0, ..] => Some(Self::Rw2),
            [b'I', b'I', b'R', b'O' | b'S', ..] | [b'M', b'M', b'O', b'R', ..] => Some(Self::Orf),
            [b'8', b'B', b'P', b'S', 0, 1 | 2, ..] => Some(Self::Psd),
            [0xFF, 0x0A, ..] | [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] => Some(Self::Jxl),
            [0xFF, 0x4F, 0xFF, 0x51, ..] | [0, 0, 0, 12, b'j', b'P', b' ', b' ', ..] => {
                Some(Self::Jp2)
            }
            [b'B', b'M', ..] => {
                let size = head.get(14..18)?.try_into().map(u32::from_le_bytes).ok()?;
                BMP_HEADER_SIZES.contains(&size).then_some(Self::Bmp)
            }
            [a, b, c, d, b'f', b't', b'y', b'p', rest @ ..] => {
                // The box holds the major brand, a version, and the compatible brands.
                let len = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
                by_brands(&rest[..rest.len().min(len.saturating_sub(8))])
            }
            _ if head.starts_with(b"FUJIFILMCCD-RAW ") => Some(Self::Raf),
            _ => None,
        }
    }

    /// Returns whether the format is a camera's RAW.
    pub const fn is_raw(self) -> bool {
        matches!(
            self,
            Self::Dng
                | Self::Cr2
                | Self::Cr3
                | Self::Nef
                | Self::Arw
                | Self::Raf
                | Self::Rw2
                | Self::Orf
                | Self::Pef
                | Self::Raw
        )
    }

    /// Returns the extension of stored files.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Gif => "gif",
            Self::Tiff => "tiff",
            Self::Bmp => "bmp",
            Self::Heic => "heic",
            Self::Avif => "avif",
            Self::Jxl => "jxl",
            Self::Jp2 => "jp2",
            Self::Psd => "psd",
            Self::Dng => "dng",
            Self::Cr2 => "cr2",
            Self::Cr3 => "cr3",
            Self::Nef => "nef",
            Self::Arw => "arw",
            Self::Raf => "raf",
            Self::Rw2 => "rw2",
            Self::Orf => "orf",
            Self::Pef => "pef",
            Self::Raw => "raw",
        }
    }

    /// Returns the media type. Camera RAW formats have no registered ones: theirs are those of the
    /// freedesktop.org shared MIME-info database.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
            Self::Tiff => "image/tiff",
            Self::Bmp => "image/bmp",
            Self::Heic => "image/heic",
            Self::Avif => "image/avif",
            Self::Jxl => "image/jxl",
            Self::Jp2 => "image/jp2",
            Self::Psd => "image/vnd.adobe.photoshop",
            Self::Dng => "image/x-adobe-dng",
            Self::Cr2 => "image/x-canon-cr2",
            Self::Cr3 => "image/x-canon-cr3",
            Self::Nef => "image/x-nikon-nef",
            Self::Arw => "image/x-sony-arw",
            Self::Raf => "image/x-fuji-raf",
            Self::Rw2 => "image/x-panasonic-rw2",
            Self::Orf => "image/x-olympus-orf",
            Self::Pef => "image/x-pentax-pef",
            Self::Raw => "image/x-dcraw",
        }
    }
}

/// The format of a file of boxes with these brands.
fn by_brands(brands: &[u8]) -> Option<PhotoFormat> {
    let has = |known: &[&[u8]]| brands.chunks_exact(4).any(|brand| known.contains(&brand));
    if has(&[CR3_BRAND]) {
        Some(PhotoFormat::Cr3)
    } else if has(&HEIC_BRANDS) {
        Some(PhotoFormat::Heic)
    } else {
        has(&AVIF_BRANDS).then_some(PhotoFormat::Avif)
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
            Self::Avif => "AVIF",
            Self::Jxl => "JPEG XL",
            Self::Jp2 => "JPEG 2000",
            Self::Psd => "PSD",
            Self::Dng => "DNG",
            Self::Cr2 => "CR2",
            Self::Cr3 => "CR3",
            Self::Nef => "NEF",
            Self::Arw => "ARW",
            Self::Raf => "RAF",
            Self::Rw2 => "RW2",
            Self::Orf => "ORF",
            Self::Pef => "PEF",
            Self::Raw => "camera RAW",
        })
    }
}

#[cfg(test)]
mod tests {
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
            (b"\0\0\0\x1Cftypavif\0\0\0\0mif1miafMA1B", PhotoFormat::Avif),
            (b"\0\0\0\x18ftypmif1\0\0\0\0miafavif", PhotoFormat::Avif),
            (b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom", PhotoFormat::Cr3),
            (b"\xFF\x0A\xF8", PhotoFormat::Jxl),
            (b"\0\0\0\x0CJXL \r\n\x87\n", PhotoFormat::Jxl),
            (b"\xFF\x4F\xFF\x51", PhotoFormat::Jp2),
            (b"\0\0\0\x0CjP  \r\n\x87\n", PhotoFormat::Jp2),
            (b"8BPS\0\x01\0\0", PhotoFormat::Psd),
            (b"8BPS\0\x02\0\0", PhotoFormat::Psd),
            (b"II*\0\x10\0\0\0CR\x02\0", PhotoFormat::Cr2),
            (b"IIU\0\x18\0\0\0", PhotoFormat::Rw2),
            (b"IIRO\x08\0\0\0", PhotoFormat::Orf),
            (b"MMOR\0\0\0\x08", PhotoFormat::Orf),
            (b"FUJIFILMCCD-RAW 0201", PhotoFormat::Raf),
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
            b"\0\0\0\x14ftypmif1\0\0\0\0mif1",
            b"8BPS is how this text begins",
            b"<svg xmlns=\"http://www.w3.org/2000/svg\">",
            b"%PDF-1.7",
            b"\xFF\xD8",
        ] {
            assert_eq!(PhotoFormat::sniff(head), None, "{head:?}");
        }
    }

    #[test]
    fn each_format_has_a_name_an_extension_and_a_media_type_of_its_own() {
        let names: [fn(PhotoFormat) -> String; 3] = [
            |format| format.to_string(),
            |format| format.extension().to_owned(),
            |format| format.media_type().to_owned(),
        ];
        for name in names {
            let mut names = PhotoFormat::ALL.map(name).to_vec();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), PhotoFormat::ALL.len());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered_without_a_panic(bytes: Vec<u8>) {
            let _ = PhotoFormat::sniff(&bytes);
        }
    }
}
