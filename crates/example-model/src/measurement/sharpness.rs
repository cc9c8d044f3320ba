//! How much fine detail a photo has: the variance of its Laplacian.
//!
//! After Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy: a comparative
//! study", ICPR 2000. Larger is sharper; what counts as blurred depends on the scene.

use image::GrayImage;
use image::imageops::{self, FilterType};
use serde::Serialize;

/// The longest side a photo is measured at, in pixels: larger ones are scaled down first, since
/// the same scene has a smaller Laplacian the more pixels it is spread over.
const LONGEST_SIDE: u32 = 1024;

/// A photo's sharpness.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Sharpness {
    /// The variance of the Laplacian of its luma; 0 if there is no detail at all.
    pub sharpness: f64,
    /// The width it was measured at, in pixels.
    pub width: u32,
    /// The height it was measured at, in pixels.
    pub height: u32,
}

/// The sharpness of a picture, given its luma (BT.709 weights, gamma as in the file).
pub fn sharpness(luma: &GrayImage) -> Sharpness {
    let (width, height) = luma.dimensions();
    let longest = width.max(height);
    if longest <= LONGEST_SIDE {
        return Sharpness { sharpness: laplacian_variance(luma), width, height };
    }
    // No longer than the side it is scaled from, so no wider than 32 bits.
    let scaled = |side: u32| {
        let side = u64::from(side) * u64::from(LONGEST_SIDE) / u64::from(longest);
        u32::try_from(side).unwrap_or(LONGEST_SIDE).max(1)
    };
    let (width, height) = (scaled(width), scaled(height));
    let smaller = imageops::resize(luma, width, height, FilterType::Triangle);
    Sharpness { sharpness: laplacian_variance(&smaller), width, height }
}

/// The variance of each pixel's difference to its four neighbours; at the edge the pixel itself
/// stands in for the missing ones.
fn laplacian_variance(luma: &GrayImage) -> f64 {
    let (width, height) = luma.dimensions();
    let at = |x, y| i32::from(luma.get_pixel(x, y).0[0]);
    let (mut sum, mut squares) = (0i64, 0i64);
    for y in 0..height {
        for x in 0..width {
            let neighbours = at(x.saturating_sub(1), y)
                + at((x + 1).min(width - 1), y)
                + at(x, y.saturating_sub(1))
                + at(x, (y + 1).min(height - 1));
            let laplacian = i64::from(neighbours - 4 * at(x, y));
            sum += laplacian;
            squares += laplacian * laplacian;
        }
    }
    variance(sum, squares, i64::from(width) * i64::from(height))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a million pixels at most, so the sums are far below 2^52"
)]
fn variance(sum: i64, squares: i64, count: i64) -> f64 {
    if count == 0 {
        return 0.0;
    }
    let mean = sum as f64 / count as f64;
    squares as f64 / count as f64 - mean * mean
}

#[cfg(test)]
mod tests {
    use image::Luma;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_variance_is_that_worked_out_by_hand() {
        // Laplacians 10, -20, 10: their mean is 0, the mean of their squares 200.
        let luma = GrayImage::from_raw(3, 1, vec![0, 10, 0]).unwrap();
        let measured = sharpness(&luma);
        assert_eq!((measured.width, measured.height), (3, 1));
        assert!((measured.sharpness - 200.0).abs() < 1e-9, "{measured:?}");
    }

    #[test]
    fn a_blurred_picture_is_less_sharp() {
        let squares = GrayImage::from_fn(64, 64, |x, y| {
            Luma([if (x / 4 + y / 4) % 2 == 0 { 40 } else { 200 }])
        });
        let mut last = sharpness(&squares).sharpness;
        for sigma in [0.5, 1.0, 2.0, 4.0] {
            let blurred = sharpness(&imageops::blur(&squares, sigma)).sharpness;
            assert!(blurred < last, "{sigma}: {blurred} is not below {last}");
            last = blurred;
        }
    }

    #[test]
    fn large_pictures_are_measured_at_the_longest_side() {
        let measured = sharpness(&GrayImage::new(4096, 2048));
        assert_eq!((measured.width, measured.height), (1024, 512));
        let measured = sharpness(&GrayImage::new(1, 3000));
        assert_eq!((measured.width, measured.height), (1, 1024));
    }

    #[test]
    fn no_pixels_have_no_detail() {
        assert_eq!(sharpness(&GrayImage::new(0, 0)).sharpness.to_bits(), 0f64.to_bits());
    }

    proptest! {
        #[test]
        fn a_uniform_picture_has_none(value: u8, width in 1u32..40, height in 1u32..40) {
            let measured = sharpness(&GrayImage::from_pixel(width, height, Luma([value])));
            prop_assert_eq!(measured.sharpness.to_bits(), 0f64.to_bits());
        }

        #[test]
        fn it_is_never_negative(width in 1u32..12, values in prop::collection::vec(any::<u8>(), 144)) {
            let luma = GrayImage::from_fn(width, 12, |x, y| Luma([values[(y * 12 + x) as usize]]));
            prop_assert!(sharpness(&luma).sharpness >= 0.0);
        }
    }
}
