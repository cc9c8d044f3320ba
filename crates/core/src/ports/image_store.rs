//! Where photos live.

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};

use crate::photo_format::Dimensions;
use crate::{ImageKey, PhotoFormat, Sha256Digest};

/// What is known of a stored photo; kept beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageRecord {
    /// The photo's MD5, its name.
    pub md5: ImageKey,
    /// The photo's SHA-256, which tells forged twins of one MD5 apart.
    pub sha256: Sha256Digest,
    /// What it is, by its content.
    pub format: PhotoFormat,
    /// How many bytes it has.
    pub bytes: u64,
    /// How many pixels it has, by its header.
    #[serde(flatten)]
    pub dimensions: Dimensions,
}

impl ImageRecord {
    /// Where the photo lies below the store's root: `<first two digits>/<md5>.<extension>`. Model
    /// services of the `filename` generation open it by this name.
    pub fn path(&self) -> String {
        let md5 = self.md5.to_string();
        format!("{}/{md5}.{}", &md5[..2], self.format.extension())
    }
}

/// A photo's bytes, in pieces.
pub type ImageBytes = BoxStream<'static, Result<Bytes, ImageStoreError>>;

/// What a photo may be at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageLimits {
    /// Bytes of one photo.
    pub max_bytes: u64,
    /// Pixels of one photo, by its header.
    pub max_pixels: u64,
}

/// Photos, each under its hash.
#[async_trait]
pub trait ImageStore: Send + Sync + 'static {
    /// Begins to receive the photos of one request.
    async fn begin(&self, limits: ImageLimits) -> Result<Box<dyn ImageUpload>, ImageStoreError>;

    /// What is known of a photo, or `None` if it is not stored.
    async fn stat(&self, image: ImageKey) -> Result<Option<ImageRecord>, ImageStoreError>;

    /// A photo's record and bytes, or `None` if it is not stored.
    async fn open(
        &self,
        image: ImageKey,
    ) -> Result<Option<(ImageRecord, ImageBytes)>, ImageStoreError>;

    /// Removes a photo; nothing happens if it is not stored.
    async fn delete(&self, image: ImageKey) -> Result<(), ImageStoreError>;

    /// Whether photos can be written now.
    async fn ping(&self) -> Result<(), ImageStoreError>;
}

/// The photos of one request on their way in. Nobody sees them before [`ImageUpload::commit`];
/// dropping the upload removes every trace of them. Memory does not grow with the photos' size.
#[async_trait]
pub trait ImageUpload: Send {
    /// Takes the next bytes of the current photo.
    async fn write(&mut self, bytes: Bytes) -> Result<(), ImageStoreError>;

    /// Ends the current photo; the next byte written begins another. The photo was hashed and
    /// checked on its way.
    async fn end_image(&mut self) -> Result<ImageRecord, ImageStoreError>;

    /// Makes all photos durable and then visible, each under its hash; one that was stored before
    /// is left as it is. After an error none that was not there before is promised to be there.
    async fn commit(self: Box<Self>) -> Result<(), ImageStoreError>;
}

/// Why the image store did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ImageStoreError {
    /// The photo is not acceptable.
    #[error(transparent)]
    Refused(#[from] PhotoRefusal),
    /// There is no room on the disk.
    #[error("the image store has no room left: {0}")]
    Full(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It cannot be read or written now.
    #[error("the image store is unavailable: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ImageStoreError {
    /// [`ImageStoreError::Unavailable`] because of this.
    pub fn unavailable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable(cause.into())
    }
}

/// Why a photo is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhotoRefusal {
    /// No bytes at all.
    #[error("is empty")]
    Empty,
    /// Its first bytes are not those of any photo we take.
    #[error("is not a JPEG, PNG, WebP, GIF, TIFF, BMP or HEIC photo, by its content")]
    UnknownFormat,
    /// It begins like a photo, but its header makes no sense.
    #[error("begins like a {0} photo, but its header cannot be read")]
    UnreadableHeader(PhotoFormat),
    /// More bytes than allowed.
    #[error("is larger than the limit of {limit} bytes")]
    TooManyBytes {
        /// The limit.
        limit: u64,
    },
    /// More pixels than allowed.
    #[error("has {pixels} pixels, more than the limit of {limit}")]
    TooManyPixels {
        /// What its header says.
        pixels: u64,
        /// The limit.
        limit: u64,
    },
    /// Another photo with the same MD5 is stored.
    #[error(
        "has the MD5 {0} of a stored photo but another SHA-256: the two were made to collide, and \
         the one stored first is kept"
    )]
    Collision(ImageKey),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::PhotoHasher;

    proptest! {
        #[test]
        fn a_record_reads_back_and_names_a_safe_path(
            photo: Vec<u8>,
            format in prop::sample::select(vec![
                PhotoFormat::Jpeg, PhotoFormat::Png, PhotoFormat::WebP, PhotoFormat::Gif,
                PhotoFormat::Tiff, PhotoFormat::Bmp, PhotoFormat::Heic,
            ]),
            width: u32,
            height: u32,
        ) {
            let mut hasher = PhotoHasher::default();
            hasher.update(&photo);
            let digests = hasher.finish();
            let record = ImageRecord {
                md5: digests.key,
                sha256: digests.sha256,
                format,
                bytes: photo.len() as u64,
                dimensions: Dimensions { width, height },
            };
            let json = serde_json::to_vec(&record).unwrap();
            prop_assert_eq!(&serde_json::from_slice::<ImageRecord>(&json).unwrap(), &record);
            let path = record.path();
            let safe = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'/' | b'.');
            prop_assert!(path.bytes().all(safe) && !path.contains(".."));
        }

        #[test]
        fn anything_else_is_no_record(json in "\\{.{0,60}\\}|.{0,60}") {
            prop_assert!(serde_json::from_str::<ImageRecord>(&json).is_err());
        }
    }
}
