//! What the numbers of pixels mean: colour profiles, inks, and what is transparent.

use image::{DynamicImage, RgbImage, RgbaImage};
use moxcms::{ColorProfile, DataColorSpace, TransformOptions};

/// A photo's pixels as its decoder answers them.
pub(crate) struct Pixels {
    /// The pixels. Inks have the form of a picture with transparency, which they are not.
    pub(crate) image: DynamicImage,
    pub(crate) layout: Layout,
    /// The colour profile (ICC), if the file has one.
    pub(crate) profile: Option<Vec<u8>>,
    /// Whether the decoder met something that it had to pass over.
    pub(crate) is_damaged: bool,
}

/// What the channels of pixels are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    Gray,
    Rgb,
    /// Four inks, of which 255 is all there can be.
    Cmyk,
}

/// Makes a picture of pixels: of inks in any case, and for the eye by their colour profile.
pub(crate) fn finish(pixels: Pixels, for_display: bool) -> DynamicImage {
    let profile = pixels.profile.filter(|_| for_display);
    let profile = profile.and_then(|it| ColorProfile::new_from_slice(&it).ok());
    let displayed = profile.and_then(|profile| displayed(&pixels.image, pixels.layout, &profile));
    match (displayed, pixels.layout) {
        (Some(displayed), _) => displayed,
        (None, Layout::Cmyk) => without_profile(&pixels.image.to_rgba8()).into(),
        (None, _) => pixels.image,
    }
}

/// The picture in sRGB; `None` where the profile is not for such pixels.
fn displayed(image: &DynamicImage, layout: Layout, profile: &ColorProfile) -> Option<DynamicImage> {
    use moxcms::Layout as Channels;
    let (from, to) = match (layout, profile.color_space) {
        (Layout::Cmyk, DataColorSpace::Cmyk) => (Channels::Rgba, Channels::Rgb),
        (Layout::Gray, DataColorSpace::Gray) => (Channels::Gray, Channels::Rgb),
        (Layout::Rgb, DataColorSpace::Rgb) if image.color().has_alpha() => {
            (Channels::Rgba, Channels::Rgba)
        }
        (Layout::Rgb, DataColorSpace::Rgb) => (Channels::Rgb, Channels::Rgb),
        _ => return None,
    };
    let srgb = ColorProfile::new_srgb();
    let options = TransformOptions::default();
    let transform = profile.create_transform_8bit(from, &srgb, to, options).ok()?;
    let (width, height) = (image.width(), image.height());
    let source = match from {
        Channels::Gray => image.to_luma8().into_raw(),
        Channels::Rgb => image.to_rgb8().into_raw(),
        _ => image.to_rgba8().into_raw(),
    };
    let pixels = source.len() / from.channels();
    let mut target = vec![0; pixels * to.channels()];
    transform.transform(&source, &mut target).ok()?;
    match to {
        Channels::Rgba => Some(RgbaImage::from_raw(width, height, target)?.into()),
        _ => Some(RgbImage::from_raw(width, height, target)?.into()),
    }
}

/// The light that inks leave, as other programs reckon it that know nothing of the paper.
fn without_profile(inks: &RgbaImage) -> RgbImage {
    RgbImage::from_fn(inks.width(), inks.height(), |x, y| {
        let [cyan, magenta, yellow, black] = inks.get_pixel(x, y).0.map(|ink| u32::from(255 - ink));
        image::Rgb([cyan, magenta, yellow].map(|light| mean(light * black)))
    })
}

/// A product of two numbers up to 255, divided by 255.
#[expect(clippy::cast_possible_truncation, reason = "what is divided is at most 255 times 255")]
fn mean(product: u32) -> u8 {
    ((product + 127) / 255) as u8
}

/// The form in which a gray picture is handed on.
pub(crate) fn layout_of(image: &DynamicImage) -> Layout {
    if image.color().has_color() { Layout::Rgb } else { Layout::Gray }
}
