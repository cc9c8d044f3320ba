//! A number that photos which look alike have in common.
//!
//! The pHash of Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions",
//! 2010, in the form that Krawetz made known ("Looks Like It", hackerfactor.com, 2011): scaled to
//! 32 by 32, cosine transform, the 8 by 8 lowest frequencies, each told as above their median or
//! not. Two hashes are compared by the number of bits in which they differ: few for one picture
//! in two sizes or qualities, around 32 for two pictures.

use std::f64::consts::PI;

use image::GrayImage;
use image::imageops::{self, FilterType};
use serde::Serialize;

/// The side of the square that pictures are scaled to.
const SIDE: usize = 32;

/// How many of the lowest frequencies count, in each direction.
const KEPT: usize = 8;

/// Smaller coefficients are rounding errors: without this the hash of a plain picture would be
/// their noise.
const NOISE: f64 = 1e-6;

/// A photo's perceptual hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PerceptualHash {
    /// 64 bits as 16 hexadecimal digits, row by row from the lowest frequency.
    pub hash: String,
}

/// The perceptual hash of a picture, given its luma.
pub fn perceptual_hash(luma: &GrayImage) -> PerceptualHash {
    PerceptualHash { hash: format!("{:016x}", hash_bits(luma)) }
}

fn hash_bits(luma: &GrayImage) -> u64 {
    let small = imageops::resize(luma, 32, 32, FilterType::Lanczos3);
    let frequencies = lowest_frequencies(&small);
    let mut sorted = frequencies;
    sorted.sort_by(f64::total_cmp);
    let median = f64::midpoint(sorted[31], sorted[32]);
    frequencies.iter().fold(0, |bits, frequency| bits << 1 | u64::from(*frequency > median))
}

/// The lowest coefficients of the picture's cosine transform (DCT-II, without scaling), row by
/// row.
fn lowest_frequencies(small: &GrayImage) -> [f64; KEPT * KEPT] {
    let cosines = cosines();
    let mut rows = [[0.0; KEPT]; SIDE];
    for (x, y, pixel) in small.enumerate_pixels() {
        for (frequency, sum) in rows[y as usize].iter_mut().enumerate() {
            *sum += f64::from(pixel.0[0]) * cosines[frequency][x as usize];
        }
    }
    let mut lowest = [0.0; KEPT * KEPT];
    for (place, coefficient) in lowest.iter_mut().enumerate() {
        let (vertical, horizontal) = (place / KEPT, place % KEPT);
        let sum: f64 =
            rows.iter().zip(cosines[vertical]).map(|(row, cosine)| row[horizontal] * cosine).sum();
        *coefficient = if sum.abs() < NOISE { 0.0 } else { sum };
    }
    lowest
}

/// The waves of the transform: by frequency, then by place.
fn cosines() -> [[f64; SIDE]; KEPT] {
    let mut cosines = [[0.0; SIDE]; KEPT];
    for (frequency, wave) in (0u8..).zip(&mut cosines) {
        for (place, cosine) in (0u8..).zip(wave) {
            // SIDE is 32, so a period is 64 half steps.
            *cosine = (PI * f64::from(frequency) * (2.0 * f64::from(place) + 1.0) / 64.0).cos();
        }
    }
    cosines
}

#[cfg(test)]
mod tests {
    use image::Luma;
    use proptest::prelude::*;

    use super::*;

    /// A picture of soft blots, one for each value.
    fn scene(blots: &[u8], width: u32, height: u32) -> GrayImage {
        let coarse = GrayImage::from_fn(6, 6, |x, y| Luma([blots[(y * 6 + x) as usize]]));
        imageops::resize(&coarse, width, height, FilterType::CatmullRom)
    }

    fn blots() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(any::<u8>(), 36)
    }

    #[test]
    fn plain_pictures_have_one_hash_whatever_their_grey() {
        for grey in 1..=u8::MAX {
            let plain = GrayImage::from_pixel(50, 40, Luma([grey]));
            assert_eq!(perceptual_hash(&plain).hash, "8000000000000000");
        }
    }

    #[test]
    fn a_single_wave_sets_the_bit_of_its_frequency() {
        // One half period from left to right: the second coefficient of the first row.
        let wave = GrayImage::from_fn(32, 32, |x, _| Luma([if x < 16 { 255 } else { 0 }]));
        let bits = hash_bits(&wave);
        assert_eq!(bits >> 62, 0b11, "{bits:016x}");
    }

    proptest! {
        #[test]
        fn a_resized_picture_keeps_its_hash_within_a_few_bits(
            blots in blots(), width in 60u32..400, height in 60u32..400,
        ) {
            let original = hash_bits(&scene(&blots, 256, 192));
            let resized = imageops::resize(
                &scene(&blots, 256, 192), width, height, FilterType::Triangle,
            );
            let differing = (original ^ hash_bits(&resized)).count_ones();
            prop_assert!(differing <= 8, "{differing} bits differ");
        }

        #[test]
        fn different_pictures_differ_in_many_bits(one in blots(), other in blots()) {
            let differing =
                (hash_bits(&scene(&one, 96, 96)) ^ hash_bits(&scene(&other, 96, 96))).count_ones();
            prop_assert!(differing > 8, "{differing} bits differ");
        }

        #[test]
        fn a_picture_of_any_size_has_a_hash(width in 1u32..70, height in 1u32..70, grey: u8) {
            let hash = perceptual_hash(&GrayImage::from_pixel(width, height, Luma([grey]))).hash;
            prop_assert_eq!(hash.len(), 16);
        }
    }
}
