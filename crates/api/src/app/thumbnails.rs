//! Making photos small.
//!
//! A photo of a few kilobytes may unpack to gigabytes. So its pixels are known and its share of the
//! memory is taken before any of it is read; photos for which there is no room wait. What decoding
//! finds wrong with a photo is added to its notes.

mod memory;
mod threads;
mod thumbnail_error;

use std::io::Cursor;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, Rgb, RgbImage};
use photo_core::photo_format::Header;
use photo_core::ports::ImageStoreError;
use photo_core::record::RecordLine;
use photo_core::{ImageInfo, ImageKey, PhotoFormat};
use photo_decode::{DecodeError, Decoded, Wanted};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use self::threads::DecodeThreads;
use super::stores::Stores;

pub(crate) use self::thumbnail_error::ThumbnailError;

/// How much of the photo's quality is kept, of 100. With 80 encoding alone changed pixels by more
/// than 3 of 256 levels on average in one photo of twelve, with 88 in none, for a third more bytes.
const QUALITY: u8 = 88;

const MEBIBYTE: u64 = 1 << 20;

/// Makes photos small, a few at a time.
#[derive(Debug)]
pub(crate) struct Thumbnails {
    /// In mebibytes.
    memory: Arc<Semaphore>,
    memory_limit_mib: u32,
    /// As many as there are cores.
    threads: DecodeThreads,
}

impl Default for Thumbnails {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self::new(memory::share_mib(), threads)
    }
}

impl Thumbnails {
    fn new(memory_limit_mib: u32, threads: usize) -> Self {
        Self {
            memory: Arc::new(Semaphore::new(memory_limit_mib as usize)),
            memory_limit_mib,
            threads: DecodeThreads::new(threads),
        }
    }

    /// Makes a stored photo a JPEG that is no wider and no higher than `width`; `None` if the photo
    /// has gone.
    pub(crate) async fn make(
        &self,
        stores: &Stores,
        info: &ImageInfo,
        width: u32,
    ) -> Result<Option<Bytes>, ThumbnailError> {
        let share_mib = self.share_mib(info, width)?;
        let closed = |error| ImageStoreError::unavailable(error);
        let memory = Arc::clone(&self.memory);
        let memory = memory.acquire_many_owned(share_mib).await.map_err(closed)?;
        let Some(photo) = read(stores, info.md5).await? else { return Ok(None) };
        let (format, memory_left) = (info.format, u64::from(share_mib) * MEBIBYTE - info.bytes);
        let made = self.threads.run(move || {
            let _held: OwnedSemaphorePermit = memory;
            shrink(&photo, format, width, memory_left)
        });
        match made.await.ok_or(ThumbnailError::Unreadable)? {
            Ok(made) => {
                note(stores, info.md5, made.notes).await;
                Ok(Some(made.jpeg.into()))
            }
            Err(error) => Err(ThumbnailError::new(error, info, self.memory_limit_mib)),
        }
    }

    /// How much memory a photo gets, in mebibytes: what it may need at most, or all there is. One
    /// of which not even the bytes fit gets none.
    fn share_mib(&self, info: &ImageInfo, width: u32) -> Result<u32, ThumbnailError> {
        let limit_mib = self.memory_limit_mib;
        let pixels = info.dimensions.pixels();
        let needed = photo_decode::most_memory(info.format, pixels, Some(width));
        let needed_mib = needed.saturating_add(info.bytes).div_ceil(MEBIBYTE);
        if info.bytes.div_ceil(MEBIBYTE) >= limit_mib.into() {
            return Err(ThumbnailError::TooLarge { needed_mib, limit_mib });
        }
        Ok(u32::try_from(needed_mib).unwrap_or(limit_mib).min(limit_mib))
    }
}

/// Adds to an image's notes what is not known yet. If that fails, the next request for the
/// thumbnail does it.
async fn note(stores: &Stores, image: ImageKey, mut notes: Vec<String>) {
    if notes.is_empty() {
        return;
    }
    let added = async {
        let known = stores.images.photo_notes(&[image]).await?;
        notes.retain(|note| known.get(&image).is_none_or(|known| !known.contains(note)));
        if notes.is_empty() {
            return Ok(());
        }
        stores.images.append(vec![(image, RecordLine::Noted(notes))]).await
    };
    if let Err(error) = added.await {
        tracing::warn!(%image, %error, "what is wrong with a photo could not be written down");
    }
}

/// A photo's bytes, of which there are no more than when its share was taken: a name has one photo.
async fn read(stores: &Stores, image: ImageKey) -> Result<Option<Vec<u8>>, ImageStoreError> {
    let Some((info, mut pieces)) = stores.images.open(image).await? else { return Ok(None) };
    let mut photo = Vec::with_capacity(usize::try_from(info.bytes).unwrap_or(0));
    while let Some(piece) = pieces.try_next().await? {
        photo.extend_from_slice(&piece);
    }
    Ok(Some(photo))
}

/// A photo made small, and what was found to be wrong with it.
struct Made {
    jpeg: Vec<u8>,
    notes: Vec<String>,
}

/// Decodes a photo in `memory` bytes, makes it small and turns it upright.
fn shrink(photo: &[u8], format: PhotoFormat, width: u32, memory: u64) -> Result<Made, DecodeError> {
    let damaged = |error: &dyn ToString| DecodeError::Damaged(error.to_string());
    let header = Header::read(format, Cursor::new(photo)).map_err(|error| damaged(&error))?;
    let wanted = Wanted { max_side: Some(width), for_display: true, memory };
    let Decoded { image, notes } = photo_decode::decode(photo, &header, wanted)?;
    let mut jpeg = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, QUALITY);
    encoder.encode_image(&on_white(&image)).map_err(|error| damaged(&error))?;
    Ok(Made { jpeg, notes })
}

impl ThumbnailError {
    fn new(error: DecodeError, info: &ImageInfo, limit_mib: u32) -> Self {
        match error {
            DecodeError::Format(format) => Self::Format(format),
            DecodeError::Unsupported { format, kind } => Self::Kind { format, kind },
            DecodeError::TooLarge { needed, .. } => {
                let needed_mib = needed.saturating_add(info.bytes).div_ceil(MEBIBYTE);
                Self::TooLarge { needed_mib: needed_mib.max(u64::from(limit_mib) + 1), limit_mib }
            }
            DecodeError::Damaged(_) => Self::Unreadable,
        }
    }
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
    use image::{GrayImage, ImageFormat, Rgba, RgbaImage};
    use photo_core::PhotoHasher;
    use photo_core::photo_format::Dimensions;

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

    fn made_small(photo: &[u8]) -> RgbImage {
        let format = PhotoFormat::sniff(photo).unwrap();
        unpacked(&shrink(photo, format, 160, ENOUGH).unwrap().jpeg)
    }

    #[test]
    fn a_thumbnail_is_no_wider_and_no_higher_and_never_larger_than_the_photo() {
        for (photo, thumbnail) in [
            ((640, 480), (160, 120)),
            ((480, 640), (120, 160)),
            ((160, 8), (160, 8)),
            ((1_000, 1), (160, 1)),
            ((8, 8), (8, 8)),
        ] {
            let gray = DynamicImage::from(GrayImage::new(photo.0, photo.1));
            for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Bmp] {
                let small = made_small(&packed(&gray, format));
                assert_eq!(small.dimensions(), thumbnail, "{photo:?}");
            }
        }
    }

    #[test]
    fn what_is_transparent_is_white() {
        let image = RgbaImage::from_pixel(8, 8, Rgba([200, 0, 0, 0]));
        let thumbnail = made_small(&packed(&image.into(), ImageFormat::Png));
        assert_eq!(thumbnail.get_pixel(4, 4), &Rgb([255, 255, 255]));
    }

    #[test]
    fn a_photo_gets_what_it_needs_or_all_there_is_unless_its_bytes_do_not_fit() {
        let thumbnails = Thumbnails::new(64, 1);
        let digests = PhotoHasher::default().finish();
        let share = |megapixels: u32, mebibytes: u64| {
            let info = ImageInfo {
                md5: digests.key,
                sha256: digests.sha256,
                checksum: None,
                format: PhotoFormat::Jpeg,
                bytes: mebibytes * MEBIBYTE,
                dimensions: Dimensions { width: 1_000, height: megapixels * 1_000 },
                orientation: None,
                notes: Vec::new(),
            };
            thumbnails.share_mib(&info, 160)
        };
        assert!((1..64).contains(&share(1, 1).unwrap()));
        assert_eq!(share(100, 1).unwrap(), 64);
        assert!(matches!(share(100, 64), Err(ThumbnailError::TooLarge { limit_mib: 64, .. })));
    }
}
