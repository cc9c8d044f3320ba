//! Choosing the decoder, and what is done to the pixels behind it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use image::DynamicImage;
use image::imageops::FilterType;
use image::metadata::Orientation;
use photo_format::{Header, PhotoFormat, StructureCheck};

use crate::color::{self, Pixels};
use crate::decode_error::DecodeError;
use crate::wanted::{EXTRA, Wanted};
use crate::{jpeg, others, png_rows, shrink};

/// A photo's pixels.
#[derive(Debug)]
pub struct Decoded {
    /// The pixels.
    pub image: DynamicImage,
    /// What is wrong with the photo, one sentence for each thing.
    pub notes: Vec<String>,
}

/// Returns how much memory decoding may take at most, in bytes: an estimate from the header alone,
/// for those who must set it aside before they read the photo.
pub fn most_memory(format: PhotoFormat, pixels: u64, max_side: Option<u32>) -> u64 {
    let wanted = max_side.map_or(pixels, |side| shrink::most_decoded(side).min(pixels));
    let bytes_per_pixel = match format {
        PhotoFormat::Jpeg => jpeg::MOST_COEFFICIENT_BYTES,
        _ if format.is_raw() => jpeg::MOST_COEFFICIENT_BYTES,
        _ => others::MOST_PIXEL_BYTES,
    };
    // The picture, and what its last reduction takes: four numbers of four bytes for each pixel.
    pixels.saturating_mul(bytes_per_pixel).saturating_add(wanted.saturating_mul(20)) + EXTRA
}

/// Decodes a photo with this header.
pub fn decode(photo: &[u8], header: &Header, wanted: Wanted) -> Result<Decoded, DecodeError> {
    // A decoder that panics, as libjpeg's fatal errors do, leaves nothing behind that is used
    // again.
    let decoded = catch_unwind(AssertUnwindSafe(|| decode_unguarded(photo, header, wanted)));
    decoded.unwrap_or_else(|panic| {
        let message = panic.downcast_ref::<String>().cloned();
        Err(DecodeError::Damaged(message.unwrap_or_else(|| "the decoder gave up".to_owned())))
    })
}

fn decode_unguarded(photo: &[u8], header: &Header, wanted: Wanted) -> Result<Decoded, DecodeError> {
    let format = header.format;
    let mut pixels = match format {
        PhotoFormat::Jpeg => jpeg::decode(photo, wanted)?,
        PhotoFormat::Png if wanted.max_side.is_some() && png_rows::can_decode(photo) => {
            png_rows::decode(photo, wanted)?
        }
        _ => match (preview(photo, header), others::library_format(format)) {
            (Some(preview), _) => jpeg::decode(preview, wanted)?,
            (None, Some(library_format)) => others::decode(photo, format, library_format, wanted)?,
            (None, None) => return Err(DecodeError::Format(format)),
        },
    };
    if let Some(side) = wanted.max_side {
        pixels.shrink_to(side);
    }
    let notes = notes(photo, header, pixels.is_damaged);
    let mut image = color::finish(pixels, wanted.for_display);
    if wanted.for_display
        && let Some(orientation) = Orientation::from_exif(header.orientation.number())
    {
        image.apply_orientation(orientation);
    }
    Ok(Decoded { image, notes })
}

/// The JPEG by which a camera's RAW is shown.
fn preview<'a>(photo: &'a [u8], header: &Header) -> Option<&'a [u8]> {
    let (offset, length) = header.preview?;
    let from = usize::try_from(offset).ok()?;
    let to = from.checked_add(usize::try_from(length).ok()?)?;
    photo.get(from..to)
}

/// What is wrong with a photo that was decoded. What the structure tells explains what the decoder
/// met.
fn notes(photo: &[u8], header: &Header, is_damaged: bool) -> Vec<String> {
    let mut check = StructureCheck::new(header.format);
    check.update(photo);
    let mut notes = check.finish();
    if header.is_cut_short {
        notes.push(StructureCheck::cut_short(header.format));
    }
    if is_damaged && notes.is_empty() {
        let format = if header.preview.is_some() { PhotoFormat::Jpeg } else { header.format };
        notes.push(format!("The photo is damaged: parts of its {format} data cannot be decoded."));
    }
    notes
}

impl Pixels {
    fn shrink_to(&mut self, side: u32) {
        let longest = |image: &DynamicImage| image.width().max(image.height());
        // The quick way first, which takes means of whole pixels only.
        let twice = side.saturating_mul(2);
        if longest(&self.image) > twice.saturating_mul(2) {
            self.image = self.image.thumbnail(twice, twice);
        }
        if longest(&self.image) > side {
            self.image = self.image.resize(side, side, FilterType::Triangle);
        }
    }
}
