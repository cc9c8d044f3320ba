//! `GET /images/<md5>?width=320`: a photo made small, for lists of many.
//!
//! A photo of a few kilobytes may unpack to gigabytes. So its pixels are known and its share of the
//! memory is taken before any of it is read; those for whom there is no room wait.

use std::io::Cursor;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt;
use image::codecs::jpeg::JpegEncoder;
use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, Rgb, RgbImage,
};
use photo_core::ports::ImageStoreError;
use photo_core::{ImageInfo, ImageKey, PhotoFormat};
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::ApiError;
use crate::state::AppState;

/// The sizes there are: few, so that browsers and proxies keep them.
pub(crate) const WIDTHS: [u32; 3] = [160, 320, 640];

/// The memory of all photos being made small, in mebibytes.
const MEMORY: u32 = 512;

/// What a pixel may take while it is unpacked, in bytes.
const PIXEL: u64 = 8;

/// A photo with more pixels would not fit.
pub(crate) const MOST_PIXELS: u64 = (MEMORY as u64 * 1_048_576) / PIXEL;

/// What a photo may take beside its pixels, in bytes.
const EXTRA: u64 = 8 * 1_048_576;

/// How much of the photo's quality is kept, of 100.
const QUALITY: u8 = 80;

/// Makes photos small, a few at a time.
#[derive(Debug)]
pub(crate) struct Thumbnails {
    /// In mebibytes.
    memory: Arc<Semaphore>,
    /// As many as there are cores.
    threads: Arc<Semaphore>,
}

/// Why there is no small version of a photo.
#[derive(Debug, Clone, Copy)]
pub(crate) enum NoThumbnail {
    /// The format cannot be unpacked here.
    Format(PhotoFormat),
    /// Its header can be read and its pixels cannot.
    Unreadable,
    /// It would take too much memory.
    TooManyPixels,
}

#[derive(Deserialize)]
struct Question {
    width: Option<u32>,
}

/// The width that a query asks for, if it asks for one.
pub(crate) fn width(query: &str) -> Result<Option<u32>, ApiError> {
    let question = actix_web::web::Query::<Question>::from_query(query);
    let wrong = || ApiError::BadRequest("`width` is wrong: it is 160, 320 or 640.".to_owned());
    let width = question.map_err(|_| wrong())?.width;
    if width.is_none_or(|width| WIDTHS.contains(&width)) { Ok(width) } else { Err(wrong()) }
}

impl Default for Thumbnails {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            memory: Arc::new(Semaphore::new(MEMORY as usize)),
            threads: Arc::new(Semaphore::new(threads)),
        }
    }
}

/// A stored photo as a JPEG that is no wider and no higher than `width`; `None` if it has gone.
pub(crate) async fn make(
    state: &AppState,
    info: &ImageInfo,
    width: u32,
) -> Result<Option<Bytes>, ApiError> {
    let format = decodable(info.format).ok_or(NoThumbnail::Format(info.format))?;
    if info.dimensions.pixels() > MOST_PIXELS {
        return Err(NoThumbnail::TooManyPixels.into());
    }
    let pixels = info.dimensions.pixels() * PIXEL + EXTRA;
    // Some decoders make a copy of the file.
    let share = (pixels + 2 * info.bytes).div_ceil(1_048_576);
    let share = u32::try_from(share).unwrap_or(MEMORY).min(MEMORY);
    let closed = |error| ApiError::Images(ImageStoreError::unavailable(error));
    let memory = Arc::clone(&state.thumbnails.memory);
    let memory = memory.acquire_many_owned(share).await.map_err(closed)?;
    let Some(photo) = read(state, info.md5).await? else { return Ok(None) };
    let thread = Arc::clone(&state.thumbnails.threads).acquire_owned().await.map_err(closed)?;
    let made = tokio::task::spawn_blocking(move || {
        let _held: [OwnedSemaphorePermit; 2] = [memory, thread];
        shrink(&photo, format, width, pixels)
    });
    // A decoder that panics has met something that it cannot read.
    match made.await {
        Ok(Ok(made)) => Ok(Some(made.into())),
        Ok(Err(ImageError::Limits(_))) => Err(NoThumbnail::TooManyPixels.into()),
        Ok(Err(_)) | Err(_) => Err(NoThumbnail::Unreadable.into()),
    }
}

/// The format by which the decoders know it, if they do.
fn decodable(format: PhotoFormat) -> Option<ImageFormat> {
    match format {
        PhotoFormat::Jpeg => Some(ImageFormat::Jpeg),
        PhotoFormat::Png => Some(ImageFormat::Png),
        PhotoFormat::WebP => Some(ImageFormat::WebP),
        PhotoFormat::Gif => Some(ImageFormat::Gif),
        PhotoFormat::Tiff => Some(ImageFormat::Tiff),
        PhotoFormat::Bmp => Some(ImageFormat::Bmp),
        PhotoFormat::Heic => None,
    }
}

/// A photo's bytes, of which there are no more than when its share was taken: a name has one photo.
async fn read(state: &AppState, image: ImageKey) -> Result<Option<Vec<u8>>, ImageStoreError> {
    let Some((info, mut pieces)) = state.images.open(image).await? else { return Ok(None) };
    let mut photo = Vec::with_capacity(usize::try_from(info.bytes).unwrap_or(0));
    while let Some(piece) = pieces.try_next().await? {
        photo.extend_from_slice(&piece);
    }
    Ok(Some(photo))
}

/// Unpacks a photo in so many bytes of memory, makes it small and turns it the way it was taken.
fn shrink(
    photo: &[u8],
    format: ImageFormat,
    width: u32,
    memory: u64,
) -> Result<Vec<u8>, ImageError> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(memory);
    let mut reader = ImageReader::with_format(Cursor::new(photo), format);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder()?;
    // Not every decoder looks at its limits.
    limits.reserve(decoder.total_bytes())?;
    let orientation = decoder.orientation()?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    if image.width().max(image.height()) > width {
        image = image.thumbnail(width, width);
    }
    image.apply_orientation(orientation);
    let mut made = Vec::new();
    JpegEncoder::new_with_quality(&mut made, QUALITY).encode_image(&on_white(&image))?;
    Ok(made)
}

/// The image without transparency, which JPEG does not have.
#[expect(clippy::cast_possible_truncation, reason = "a mean of bytes is a byte")]
fn on_white(image: &DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.to_rgb8();
    }
    let image = image.to_rgba8();
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let [r, g, b, alpha] = image.get_pixel(x, y).0.map(u32::from);
        Rgb([r, g, b].map(|color| ((color * alpha + 255 * (255 - alpha)) / 255) as u8))
    })
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Rgba, RgbaImage};

    use super::*;

    const ENOUGH: u64 = 1 << 24;

    fn packed(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        image.write_to(&mut file, format).unwrap();
        file.into_inner()
    }

    fn unpacked(thumbnail: &[u8]) -> RgbImage {
        image::load_from_memory_with_format(thumbnail, ImageFormat::Jpeg).unwrap().to_rgb8()
    }

    fn size(image: &DynamicImage, format: ImageFormat) -> (u32, u32) {
        let photo = packed(image, format);
        unpacked(&shrink(&photo, format, 160, ENOUGH).unwrap()).dimensions()
    }

    #[test]
    fn a_thumbnail_is_no_wider_and_no_higher_and_never_larger_than_the_photo() {
        let gray = |width, height| DynamicImage::from(GrayImage::new(width, height));
        for (photo, thumbnail) in [
            ((640, 480), (160, 120)),
            ((480, 640), (120, 160)),
            ((160, 8), (160, 8)),
            ((1_000, 1), (160, 1)),
            ((8, 8), (8, 8)),
        ] {
            assert_eq!(size(&gray(photo.0, photo.1), ImageFormat::Png), thumbnail, "{photo:?}");
        }
    }

    #[test]
    fn every_format_that_is_taken_is_made_small_but_for_heic() {
        let image = DynamicImage::from(RgbImage::new(320, 160));
        for format in PhotoFormat::ALL {
            match decodable(format) {
                Some(format) => assert_eq!(size(&image, format), (160, 80), "{format:?}"),
                None => assert_eq!(format, PhotoFormat::Heic),
            }
        }
    }

    #[test]
    fn what_is_transparent_is_white() {
        let image = RgbaImage::from_pixel(8, 8, Rgba([200, 0, 0, 0]));
        let photo = packed(&image.into(), ImageFormat::Png);
        let thumbnail = unpacked(&shrink(&photo, ImageFormat::Png, 160, ENOUGH).unwrap());
        assert_eq!(thumbnail.get_pixel(4, 4), &Rgb([255, 255, 255]));
    }

    #[test]
    fn a_photo_taken_on_its_side_stands_upright() {
        let photo = packed(&RgbImage::new(320, 160).into(), ImageFormat::Jpeg);
        // Exif with nothing but the orientation 6: turn it clockwise.
        let exif = b"\xFF\xE1\0\x22Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let turned = [&photo[..2], exif.as_slice(), &photo[2..]].concat();
        let thumbnail = unpacked(&shrink(&turned, ImageFormat::Jpeg, 160, ENOUGH).unwrap());
        assert_eq!(thumbnail.dimensions(), (80, 160));
    }

    #[test]
    fn a_photo_that_unpacks_to_more_than_its_share_is_refused() {
        let photo = packed(&RgbImage::new(1_000, 1_000).into(), ImageFormat::Png);
        let refused = shrink(&photo, ImageFormat::Png, 160, 1_000_000);
        assert!(matches!(refused, Err(ImageError::Limits(_))), "{refused:?}");
    }
}
