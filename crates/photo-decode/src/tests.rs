use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use moxcms::ColorProfile;
use photo_format::{Header, PhotoFormat};
use proptest::prelude::*;

use super::*;

/// All made of the same picture by libjpeg's own program, 48 by 32 pixels.
const BASELINE: &[u8] = include_bytes!("../tests/photos/baseline.jpg");
const SEPARATE_SCANS: &[u8] = include_bytes!("../tests/photos/separate_scans.jpg");
const PROGRESSIVE: &[u8] = include_bytes!("../tests/photos/progressive.jpg");
const ARITHMETIC: &[u8] = include_bytes!("../tests/photos/arithmetic.jpg");
/// With a restart after each block.
const RESTARTS: &[u8] = include_bytes!("../tests/photos/restarts.jpg");
/// Of one ink mixture: 0, 255, 128 and 64 of 255, inverted, as Adobe writes it.
const CMYK: &[u8] = include_bytes!("../tests/photos/cmyk.jpg");

const AS_IT_IS: Wanted = Wanted { max_side: None, for_display: false, memory: 1 << 26 };

fn small(side: u32, memory: u64) -> Wanted {
    Wanted { max_side: Some(side), for_display: true, memory }
}

fn decoded(photo: &[u8], wanted: Wanted) -> Result<Decoded, DecodeError> {
    let format = PhotoFormat::sniff(photo).unwrap();
    let header = Header::read(format, Cursor::new(photo)).unwrap();
    decode(photo, &header, wanted)
}

fn pixels(photo: &[u8], wanted: Wanted) -> RgbImage {
    decoded(photo, wanted).unwrap().image.into_rgb8()
}

fn packed(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    image.into().write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// The greatest difference between two pictures, in levels of 255.
fn difference(one: &RgbImage, other: &RgbImage) -> u8 {
    assert_eq!(one.dimensions(), other.dimensions());
    one.as_raw().iter().zip(other.as_raw()).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

#[test]
fn a_jpeg_has_the_same_pixels_however_its_data_is_arranged() {
    let baseline = pixels(BASELINE, AS_IT_IS);
    // What djpeg makes of it.
    assert_eq!(baseline.get_pixel(20, 10), &Rgb([102, 69, 88]));
    for photo in [SEPARATE_SCANS, PROGRESSIVE, RESTARTS, ARITHMETIC] {
        let decoded = decoded(photo, AS_IT_IS).unwrap();
        assert_eq!(decoded.notes, [""; 0]);
        assert_eq!(decoded.image.into_rgb8(), baseline);
    }
    let small = small(12, 1 << 26);
    assert_eq!(pixels(SEPARATE_SCANS, small), pixels(BASELINE, small));
}

#[test]
fn what_follows_damage_at_a_restart_is_shown_and_the_notes_say_so() {
    let whole = pixels(RESTARTS, AS_IT_IS);
    let third = RESTARTS.windows(2).position(|it| it == b"\xFF\xD2").unwrap();
    let mut photo = RESTARTS.to_vec();
    photo[third - 4..third].copy_from_slice(b"\xFF\x31\xFF\x32");
    let decoded = decoded(&photo, AS_IT_IS).unwrap();
    assert_eq!(decoded.notes.len(), 1);
    assert!(decoded.notes[0].starts_with("The photo is damaged: "), "{:?}", decoded.notes);
    let damaged = decoded.image.into_rgb8();
    // The second row of blocks is behind it.
    let lower = |image: &RgbImage| image::imageops::crop_imm(image, 0, 18, 48, 14).to_image();
    assert_eq!(lower(&damaged), lower(&whole));
    assert_ne!(damaged, whole);
}

#[test]
fn a_jpeg_that_is_cut_short_is_shown_as_far_as_it_goes() {
    let photo = &RESTARTS[..RESTARTS.len() - 60];
    let decoded = decoded(photo, AS_IT_IS).unwrap();
    assert_eq!(decoded.notes, [photo_format::StructureCheck::cut_short(PhotoFormat::Jpeg)]);
    let (part, whole) = (decoded.image.into_rgb8(), pixels(RESTARTS, AS_IT_IS));
    assert_eq!(part.get_pixel(3, 3), whole.get_pixel(3, 3));
}

#[test]
fn inks_become_the_light_that_they_leave() {
    let photo = pixels(CMYK, AS_IT_IS);
    let Rgb([red, green, blue]) = *photo.get_pixel(5, 5);
    for (found, right) in [(red, 191_u8), (green, 0), (blue, 95)] {
        assert!(found.abs_diff(right) <= 3, "{red} {green} {blue}");
    }
}

/// A photo of one colour with a profile in it.
fn with_profile(profile: &ColorProfile, color: [u8; 3]) -> Vec<u8> {
    let photo = packed(RgbImage::from_pixel(16, 16, Rgb(color)), ImageFormat::Jpeg);
    let profile = profile.encode().unwrap();
    let length = u16::try_from(profile.len() + 16).unwrap().to_be_bytes();
    let segment = [b"\xFF\xE2".as_slice(), &length, b"ICC_PROFILE\0\x01\x01", &profile].concat();
    [&photo[..2], &segment, &photo[2..]].concat()
}

#[test]
fn colors_are_those_that_the_profile_means_and_models_get_those_of_the_file() {
    let green = [60, 200, 60];
    let wide = with_profile(&ColorProfile::new_display_p3(), green);
    let narrow = with_profile(&ColorProfile::new_srgb(), green);
    let color = |photo: &[u8], wanted| *pixels(photo, wanted).get_pixel(8, 8);
    let Rgb([as_stored, ..]) = color(&wide, AS_IT_IS);
    let Rgb([shown, ..]) = color(&wide, small(16, 1 << 26));
    assert!(as_stored.abs_diff(60) <= 2);
    assert!(shown < 40, "the same green has less red in sRGB: {shown}");
    let Rgb([shown, ..]) = color(&narrow, small(16, 1 << 26));
    assert!(shown.abs_diff(60) <= 3);
}

#[test]
fn a_profile_that_makes_no_sense_is_passed_over() {
    let mut photo = with_profile(&ColorProfile::new_srgb(), [1, 2, 3]);
    let at = photo.windows(4).position(|it| it == b"acsp").unwrap();
    photo[at..at + 40].fill(0xA5);
    assert_eq!(pixels(&photo, small(16, 1 << 26)).dimensions(), (16, 16));
}

#[test]
fn every_way_of_making_a_photo_small_agrees_with_making_it_small_afterwards() {
    let smooth = RgbImage::from_fn(1_000, 700, |x, y| {
        Rgb([x / 4, y / 3, (x + y) / 7].map(|value| u8::try_from(value.min(255)).unwrap()))
    });
    let small_afterwards = DynamicImage::from(smooth.clone()).thumbnail(100, 100).into_rgb8();
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Bmp, ImageFormat::Tiff] {
        let photo = packed(smooth.clone(), format);
        let found = difference(&pixels(&photo, small(100, 1 << 26)), &small_afterwards);
        assert!(found <= 3, "{format:?}: {found}");
    }
}

#[test]
fn a_large_photo_is_made_small_in_little_memory() {
    // 12 megapixels: 36 MB once they are decoded.
    let large = GrayImage::new(4_000, 3_000);
    for format in [ImageFormat::Jpeg, ImageFormat::Png] {
        let photo = packed(large.clone(), format);
        assert_eq!(pixels(&photo, small(160, 6 << 20)).dimensions(), (160, 120), "{format:?}");
        let refused = decoded(&photo, Wanted { memory: 6 << 20, ..AS_IT_IS });
        assert!(matches!(refused, Err(DecodeError::TooLarge { .. })), "{format:?}");
    }
    let refused = decoded(&packed(large, ImageFormat::Bmp), small(160, 6 << 20));
    assert!(matches!(refused, Err(DecodeError::TooLarge { .. })));
}

#[test]
fn a_png_that_is_cut_short_is_shown_as_far_as_it_goes() {
    let noise = RgbaImage::from_fn(200, 200, |x, y| {
        Rgba([x * y % 251, x * 7 % 255, y * 5 % 253, 255].map(|value| u8::try_from(value).unwrap()))
    });
    let photo = packed(noise, ImageFormat::Png);
    let decoded = decoded(&photo[..photo.len() / 2], small(100, 1 << 26)).unwrap();
    assert_eq!(decoded.notes, [photo_format::StructureCheck::cut_short(PhotoFormat::Png)]);
    let image = decoded.image.into_rgba8();
    assert_eq!((image.get_pixel(50, 5).0[3], image.get_pixel(50, 95).0[3]), (255, 0));
}

#[test]
fn camera_raw_is_shown_by_the_largest_jpeg_in_it_turned_as_its_header_says() {
    let raw = [b"FUJIFILMCCD-RAW 0201".as_slice(), BASELINE].concat();
    let header = Header {
        format: PhotoFormat::Raf,
        dimensions: photo_format::Dimensions { width: 6_000, height: 4_000 },
        orientation: photo_format::Orientation::new(6).unwrap(),
        preview: Some((20, BASELINE.len() as u64)),
        is_cut_short: false,
    };
    let shown = decode(&raw, &header, small(48, 1 << 26)).unwrap();
    assert_eq!((shown.image.width(), shown.image.height()), (32, 48));
    let nowhere = Header { preview: Some((u64::MAX, 1)), ..header };
    let refused = decode(&raw, &nowhere, AS_IT_IS);
    assert!(matches!(refused, Err(DecodeError::Format(PhotoFormat::Raf))));
}

#[test]
fn a_tiff_of_a_kind_that_cannot_be_decoded_says_which() {
    let entry = |tag: u16, value: u32| {
        [&tag.to_le_bytes()[..], b"\x04\0\x01\0\0\0", &value.to_le_bytes()].concat()
    };
    // 8 pixels in a compression that nobody knows.
    let entries =
        [(256, 8), (257, 1), (258, 8), (259, 4_711), (262, 1), (273, 8), (278, 1), (279, 8)];
    let entries: Vec<u8> = entries.iter().flat_map(|(tag, value)| entry(*tag, *value)).collect();
    let photo = [b"II*\0\x10\0\0\0 pixels \x08\0".as_slice(), &entries, &[0; 4]].concat();
    match decoded(&photo, small(8, 1 << 26)) {
        Err(DecodeError::Unsupported { format: PhotoFormat::Tiff, kind }) => {
            assert!(kind.contains("4711"), "{kind}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_jpeg_of_endless_scans_is_refused() {
    let scans = PROGRESSIVE.windows(2).filter(|it| *it == b"\xFF\xDA").count();
    let first = PROGRESSIVE.windows(2).position(|it| it == b"\xFF\xDA").unwrap();
    let many = PROGRESSIVE[first..PROGRESSIVE.len() - 2].repeat(200 / scans + 1);
    let photo = [&PROGRESSIVE[..first], &many].concat();
    let refused = decoded(&photo, AS_IT_IS);
    assert!(matches!(refused, Err(DecodeError::Unsupported { .. })), "{refused:?}");
}

proptest! {
    #[test]
    fn damaged_photos_are_answered(
        which in 0..6_usize,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
    ) {
        let photos = [BASELINE, SEPARATE_SCANS, PROGRESSIVE, ARITHMETIC, RESTARTS, CMYK];
        let mut photo = photos[which].to_vec();
        for (place, byte) in damage {
            let place = place.index(photo.len());
            photo[place] = byte;
        }
        if let Some(format) = PhotoFormat::sniff(&photo)
            && let Ok(header) = Header::read(format, Cursor::new(&photo))
        {
            let _ = decode(&photo, &header, AS_IT_IS);
            let _ = decode(&photo, &header, small(10, 1 << 24));
        }
    }
}
