//! The color of a whole photo.
//!
//! The average is taken of light, not of the numbers in the file. Those are sRGB (IEC 61966-2-1),
//! which follows the eye: black and white squares seen from afar look like 188, not 128.

use image::RgbImage;
use serde::Serialize;

/// A photo's color, in sRGB.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AverageColor {
    /// Red.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
    /// The three as `#rrggbb`.
    pub hex: String,
}

/// The average of all pixels' light. A picture without pixels is black; transparency plays no
/// part.
pub fn average_color(pixels: &RgbImage) -> AverageColor {
    // Counted first and converted after: 256 conversions instead of one for each pixel, and no
    // rounding adds up.
    let mut counts = [[0u64; 256]; 3];
    for pixel in pixels.pixels() {
        for (channel, value) in counts.iter_mut().zip(pixel.0) {
            channel[usize::from(value)] += 1;
        }
    }
    let [r, g, b] = counts.map(|channel| average(&channel));
    AverageColor { r, g, b, hex: format!("#{r:02x}{g:02x}{b:02x}") }
}

/// The average light of a channel whose values occur so often each.
#[expect(clippy::cast_precision_loss, reason = "counts of pixels are far below 2^52")]
fn average(counts: &[u64; 256]) -> u8 {
    let total: u64 = counts.iter().sum();
    let light: f64 =
        (0..=u8::MAX).zip(counts).map(|(value, count)| linear(value) * *count as f64).sum();
    if total == 0 { 0 } else { encoded(light / total as f64) }
}

/// The light that an sRGB value stands for, from 0 to 1.
fn linear(value: u8) -> f64 {
    let value = f64::from(value) / 255.0;
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

/// The sRGB value that stands for light from 0 to 1.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and light from 0 to 1 gives a value from 0 to 255"
)]
fn encoded(light: f64) -> u8 {
    let value =
        if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
    (value * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use image::Rgb;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn half_black_half_white_looks_like_188() {
        let squares =
            RgbImage::from_fn(8, 8, |x, y| Rgb([if (x + y) % 2 == 0 { 0 } else { 255 }; 3]));
        let color = average_color(&squares);
        assert_eq!(color, AverageColor { r: 188, g: 188, b: 188, hex: "#bcbcbc".to_owned() });
    }

    #[test]
    fn no_pixels_are_black() {
        assert_eq!(average_color(&RgbImage::new(0, 0)).hex, "#000000");
    }

    proptest! {
        #[test]
        fn a_uniform_picture_has_its_own_color(r: u8, g: u8, b: u8) {
            let color = average_color(&RgbImage::from_pixel(5, 3, Rgb([r, g, b])));
            prop_assert_eq!((color.r, color.g, color.b), (r, g, b));
            prop_assert_eq!(u32::from_str_radix(&color.hex[1..], 16).unwrap(),
                u32::from_be_bytes([0, r, g, b]));
        }

        #[test]
        fn the_average_lies_between_the_darkest_and_the_lightest(
            values in prop::collection::vec(any::<u8>(), 1..100),
        ) {
            let width = u32::try_from(values.len()).unwrap();
            let pixels = values.iter().flat_map(|value| [*value; 3]).collect();
            let color = average_color(&RgbImage::from_raw(width, 1, pixels).unwrap());
            prop_assert!(values.iter().min().unwrap() <= &color.r);
            prop_assert!(values.iter().max().unwrap() >= &color.r);
        }
    }
}
