//! PNG, row by row: a photo of any size is made small in the memory of some rows, and of one that
//! is cut short the rows that are there are shown.

use std::io::Cursor;

use image::{DynamicImage, RgbaImage};
use png::{ColorType, Decoder, Limits, Transformations};

use crate::color::{Layout, Pixels};
use crate::decode_error::DecodeError;
use crate::shrink;
use crate::wanted::{EXTRA, Wanted};

/// Whether the rows of this PNG come one after the other, from top to bottom.
pub(crate) fn can_decode(photo: &[u8]) -> bool {
    // The last field of the header, which is the first chunk.
    photo.get(28) == Some(&0)
}

pub(crate) fn decode(photo: &[u8], wanted: Wanted) -> Result<Pixels, DecodeError> {
    let limits = Limits { bytes: usize::try_from(wanted.memory).unwrap_or(usize::MAX) };
    let mut decoder = Decoder::new_with_limits(Cursor::new(photo), limits);
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(damaged)?;
    let profile = reader.info().icc_profile.as_ref().map(|profile| profile.to_vec());
    let (color, _) = reader.output_color_type();
    let (width, height) = (reader.info().width, reader.info().height);
    let divisor = shrink::divisor(width.max(height), wanted.max_side.unwrap_or(u32::MAX));
    let mut small = Small::new(width, height, divisor);
    // Two rows, packed and unpacked, and the sums of one.
    let needed = u64::from(width) * 32 + small.image.len() as u64 + EXTRA;
    if needed > wanted.memory {
        return Err(DecodeError::TooLarge { needed, limit: wanted.memory });
    }
    let mut is_damaged = false;
    for row in 0..height {
        match reader.next_row() {
            Ok(Some(pixels)) => small.add(row, pixels.data(), color),
            Ok(None) => break,
            // Nothing to show is an error, part of it is not.
            Err(error) if row == 0 => return Err(damaged(error)),
            Err(_) => {
                is_damaged = true;
                break;
            }
        }
    }
    let image = DynamicImage::from(small.finish());
    let is_gray = matches!(color, ColorType::Grayscale | ColorType::GrayscaleAlpha);
    let has_alpha = matches!(color, ColorType::Rgba | ColorType::GrayscaleAlpha) || is_damaged;
    let image = match (is_gray, has_alpha) {
        (true, false) => image.into_luma8().into(),
        (true, true) => image.into_luma_alpha8().into(),
        (false, false) => image.into_rgb8().into(),
        (false, true) => image,
    };
    let layout = if is_gray { Layout::Gray } else { Layout::Rgb };
    Ok(Pixels { image, layout, profile, is_damaged })
}

/// A picture whose every pixel is the mean of a square of the photo's. What no row was added to is
/// transparent.
struct Small {
    image: RgbaImage,
    divisor: u32,
    sums: Vec<[u32; 4]>,
    counts: Vec<u32>,
    /// The picture's row that is being added up.
    row: u32,
}

impl Small {
    fn new(width: u32, height: u32, divisor: u32) -> Self {
        let image = RgbaImage::new(width.div_ceil(divisor), height.div_ceil(divisor));
        let across = image.width() as usize;
        Self { image, divisor, sums: vec![[0; 4]; across], counts: vec![0; across], row: 0 }
    }

    fn add(&mut self, row: u32, pixels: &[u8], color: ColorType) {
        if row / self.divisor != self.row {
            self.end_row();
            self.row = row / self.divisor;
        }
        let divisor = self.divisor as usize;
        for (x, pixel) in pixels.chunks_exact(color.samples()).enumerate() {
            let rgba = match *pixel {
                [gray] => [gray, gray, gray, 255],
                [gray, alpha] => [gray, gray, gray, alpha],
                [r, g, b] => [r, g, b, 255],
                [r, g, b, alpha] => [r, g, b, alpha],
                _ => continue,
            };
            let at = x / divisor;
            for (sum, value) in self.sums[at].iter_mut().zip(rgba) {
                *sum += u32::from(value);
            }
            self.counts[at] += 1;
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "a mean of bytes is a byte")]
    fn end_row(&mut self) {
        let across = self.image.width();
        for (x, (sums, count)) in (0..across).zip(self.sums.iter_mut().zip(&mut self.counts)) {
            let mean = sums.map(|sum| (sum / (*count).max(1)) as u8);
            self.image.put_pixel(x, self.row, image::Rgba(mean));
            (*sums, *count) = ([0; 4], 0);
        }
    }

    fn finish(mut self) -> RgbaImage {
        if self.counts.first().is_some_and(|count| *count > 0) {
            self.end_row();
        }
        self.image
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn damaged(error: png::DecodingError) -> DecodeError {
    DecodeError::Damaged(error.to_string())
}
