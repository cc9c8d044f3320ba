//! The formats that the `image` library decodes.

use std::io::Cursor;

use image::error::{LimitErrorKind, UnsupportedErrorKind};
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use photo_format::PhotoFormat;

use crate::color::{self, Pixels};
use crate::decode_error::DecodeError;
use crate::wanted::{EXTRA, Wanted};

/// What a pixel takes at most while it is decoded, in bytes.
pub(crate) const MOST_PIXEL_BYTES: u64 = 8;

/// The format by which the library knows it, if it does.
pub(crate) const fn library_format(format: PhotoFormat) -> Option<ImageFormat> {
    match format {
        PhotoFormat::Png => Some(ImageFormat::Png),
        PhotoFormat::WebP => Some(ImageFormat::WebP),
        PhotoFormat::Gif => Some(ImageFormat::Gif),
        PhotoFormat::Tiff => Some(ImageFormat::Tiff),
        PhotoFormat::Bmp => Some(ImageFormat::Bmp),
        _ => None,
    }
}

pub(crate) fn decode(
    photo: &[u8],
    format: PhotoFormat,
    library_format: ImageFormat,
    wanted: Wanted,
) -> Result<Pixels, DecodeError> {
    let explain = |error| explain(error, format, wanted.memory);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(wanted.memory);
    let mut reader = ImageReader::with_format(Cursor::new(photo), library_format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(explain)?;
    // Not every decoder looks at its limits.
    let needed = decoder.total_bytes().saturating_add(EXTRA);
    if needed > wanted.memory {
        return Err(DecodeError::TooLarge { needed, limit: wanted.memory });
    }
    // A profile that cannot be read is none.
    let profile = decoder.icc_profile().ok().flatten();
    let image = DynamicImage::from_decoder(decoder).map_err(explain)?;
    Ok(Pixels { layout: color::layout_of(&image), image, profile, is_damaged: false })
}

fn explain(error: ImageError, format: PhotoFormat, limit: u64) -> DecodeError {
    match error {
        ImageError::Unsupported(error) => {
            let kind = match error.kind() {
                UnsupportedErrorKind::Color(color) => format!("its colours are {color:?}"),
                UnsupportedErrorKind::GenericFeature(feature) => feature,
                _ => error.to_string(),
            };
            DecodeError::Unsupported { format, kind }
        }
        ImageError::Limits(error) if matches!(error.kind(), LimitErrorKind::InsufficientMemory) => {
            DecodeError::TooLarge { needed: limit.saturating_add(1), limit }
        }
        error => DecodeError::Damaged(error.to_string()),
    }
}
