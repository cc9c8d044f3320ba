//! A photo, decoded within bounds.

use std::io::Cursor;

use image::DynamicImage;
use photo_decode::{DecodeError, Wanted};
use photo_format::{Header, PhotoFormat};

/// Bytes of a decoded pixel at most, in any photo a camera makes: four channels of 16 bits.
const PIXEL_BYTES: u64 = 8;

/// What a decoder may use beside the pixels it decodes, in bytes.
const DECODER_BYTES: u64 = 64 << 20;

/// A photo as its file stores it: not turned the way its EXIF orientation asks for. Of camera RAW
/// it is the largest preview in the file.
#[derive(Debug, Clone)]
pub struct Photo {
    /// Its pixels.
    pub image: DynamicImage,
    /// What its file was.
    pub format: PhotoFormat,
}

/// Why bytes could not be made a [`Photo`].
#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    /// No bytes, or no pixels.
    #[error("The photo is empty.")]
    Empty,
    /// A format that there is no decoder for here.
    #[error("{0} photos cannot be decoded by this model. Convert the photo to JPEG or PNG.")]
    Format(PhotoFormat),
    /// Its first bytes are not those of any photo.
    #[error("This is not a JPEG, PNG, WebP, GIF, TIFF or BMP photo, by its content.")]
    UnknownFormat,
    /// More pixels than allowed, found out before decoding any.
    #[error("The photo has {pixels} pixels, more than this model's limit of {limit}.")]
    TooManyPixels {
        /// What its header says.
        pixels: u64,
        /// The limit.
        limit: u64,
    },
    /// It begins like a photo but is damaged, cut short, or of a kind that cannot be decoded.
    #[error("The photo cannot be decoded: {0}.")]
    Undecodable(String),
}

impl Photo {
    /// Decodes a file with at most `max_pixels` pixels. The header is read first, so that a
    /// decompression bomb costs nothing. A decoder that panics over the file has found it to be
    /// [`PhotoError::Undecodable`].
    pub fn decode(file: &[u8], max_pixels: u64) -> Result<Self, PhotoError> {
        if file.is_empty() {
            return Err(PhotoError::Empty);
        }
        let format = PhotoFormat::sniff(file).ok_or(PhotoError::UnknownFormat)?;
        let header = Header::read(format, Cursor::new(file))
            .map_err(|_| PhotoError::Undecodable(format!("the {format} header makes no sense")))?;
        let pixels = header.dimensions.pixels();
        if pixels > max_pixels {
            return Err(PhotoError::TooManyPixels { pixels, limit: max_pixels });
        }
        let memory = max_pixels.saturating_mul(PIXEL_BYTES).saturating_add(DECODER_BYTES);
        let wanted = Wanted { max_side: None, for_display: false, memory };
        let decoded = photo_decode::decode(file, &header, wanted).map_err(|error| match error {
            DecodeError::Format(format) => PhotoError::Format(format),
            error => PhotoError::Undecodable(error.to_string()),
        })?;
        Ok(Self { image: decoded.image, format: header.format })
    }
}

#[cfg(test)]
mod tests {
    use image::ImageFormat;
    use proptest::prelude::*;

    use super::*;

    const FORMATS: [ImageFormat; 6] = [
        ImageFormat::Bmp,
        ImageFormat::Gif,
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::Tiff,
        ImageFormat::WebP,
    ];

    fn file(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(width, height).write_to(&mut file, format).unwrap();
        file.into_inner()
    }

    #[test]
    fn every_format_is_decoded() {
        for format in FORMATS {
            let photo = Photo::decode(&file(format, 7, 5), 35).unwrap();
            assert_eq!((photo.image.width(), photo.image.height()), (7, 5), "{format:?}");
            assert!(format.extensions_str().contains(&photo.format.extension()), "{format:?}");
        }
    }

    #[test]
    fn one_pixel_too_many_is_refused_in_every_format() {
        for format in FORMATS {
            let error = Photo::decode(&file(format, 7, 5), 34).unwrap_err();
            assert!(
                matches!(error, PhotoError::TooManyPixels { pixels: 35, limit: 34 }),
                "{format:?}: {error}"
            );
        }
    }

    #[test]
    fn a_bomb_is_refused_by_its_header_alone() {
        let mut bomb = file(ImageFormat::Bmp, 1, 1);
        bomb[18..22].copy_from_slice(&40_000i32.to_le_bytes());
        bomb[22..26].copy_from_slice(&40_000i32.to_le_bytes());
        let error = Photo::decode(&bomb, 100_000_000).unwrap_err();
        assert!(
            matches!(error, PhotoError::TooManyPixels { pixels: 1_600_000_000, .. }),
            "{error}"
        );
    }

    #[test]
    fn what_is_not_a_photo_is_told_apart() {
        assert!(matches!(Photo::decode(b"", 100), Err(PhotoError::Empty)));
        assert!(matches!(Photo::decode(b"hello, world", 100), Err(PhotoError::UnknownFormat)));
        let jxl = b"\xFF\x0A\x7F\x00\x00\x00\x00\x00";
        assert!(matches!(Photo::decode(jxl, 1 << 30), Err(PhotoError::Format(PhotoFormat::Jxl))));
        let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
        assert!(matches!(Photo::decode(heic, 100), Err(PhotoError::Undecodable(_))));
        let png = file(ImageFormat::Png, 7, 5);
        let cut = Photo::decode(&png[..png.len() / 2], 100);
        assert!(matches!(cut, Err(PhotoError::Undecodable(_))));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = Photo::decode(&bytes, 1_000_000);
        }

        #[test]
        fn damaged_photos_never_panic(
            format in prop::sample::select(FORMATS.as_slice()),
            damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        ) {
            let mut bytes = file(format, 9, 6);
            for (place, byte) in damage {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            if let Ok(photo) = Photo::decode(&bytes, 1_000_000) {
                let pixels = u64::from(photo.image.width()) * u64::from(photo.image.height());
                prop_assert!(pixels <= 1_000_000);
            }
        }
    }
}
