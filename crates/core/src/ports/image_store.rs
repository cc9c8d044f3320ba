//! Where photos live.

use std::collections::HashMap;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;

use super::{Examination, Examined};
use crate::record::{Acceptance, ImageRecord, RecordLine};
use crate::{ImageInfo, ImageKey, ModelName, PhotoFormat, UnixMillis};

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

/// Photos, each under its hash, and beside each its record: what was accepted for it and what
/// came of it.
#[async_trait]
pub trait ImageStore: Send + Sync + 'static {
    /// Begins to receive the photos of one request.
    async fn begin(&self, limits: ImageLimits) -> Result<Box<dyn ImageUpload>, ImageStoreError>;

    /// What is known of a photo, or `None` if it is not stored, or known to be damaged. Its bytes
    /// are not read.
    async fn stat(&self, image: ImageKey) -> Result<Option<ImageInfo>, ImageStoreError>;

    /// A photo's bytes and what is known of it, or `None` if it is not stored. The bytes are
    /// checked as they are read: the last piece comes only once the checksum of all of them is
    /// right. Otherwise the photo is set aside, and what comes in its place, and from then on in
    /// place of any piece, is [`ImageStoreError::Damaged`]. A damaged record is mended first, where
    /// the photo allows it.
    async fn open(
        &self,
        image: ImageKey,
    ) -> Result<Option<(ImageInfo, ImageBytes)>, ImageStoreError>;

    /// What is known of a photo whose bytes are whole, as they are found to be when they are read;
    /// or `None` if it is not stored. For those who have others read it. A store may take a file
    /// for whole that it checked a while ago and that was not changed since.
    async fn check(&self, image: ImageKey) -> Result<Option<ImageInfo>, ImageStoreError> {
        let Some((info, mut bytes)) = self.open(image).await? else { return Ok(None) };
        while bytes.try_next().await?.is_some() {}
        Ok(Some(info))
    }

    /// An image's record, or `None` if nothing was ever accepted for it. It may outlive its photo.
    /// [`ImageStoreError::Damaged`] if not even its lines can be read.
    async fn record(&self, image: ImageKey) -> Result<Option<ImageRecord>, ImageStoreError>;

    /// What is known to be wrong with each of these photos, in sentences; photos of which nothing
    /// is known are left out. Costs next to nothing for those: it is asked with every status. What
    /// another process noted is told a second later at most.
    async fn photo_notes(
        &self,
        images: &[ImageKey],
    ) -> Result<HashMap<ImageKey, Vec<String>>, ImageStoreError>;

    /// Adds lines to images' records. They may be lost in a power failure. Images without a record,
    /// or with one that nothing can be added to before it is mended, are passed over.
    async fn append(&self, lines: Vec<(ImageKey, RecordLine)>) -> Result<(), ImageStoreError>;

    /// Makes durable what these images' records hold. Images without a readable record are passed
    /// over.
    async fn sync_records(&self, images: &[ImageKey]) -> Result<(), ImageStoreError>;

    /// The images of one of 256 shelves, by the first byte of their MD5, in order: all that have a
    /// photo or a record.
    async fn list(&self, shelf: u8) -> Result<Vec<ImageKey>, ImageStoreError>;

    /// What is there of each of these images.
    async fn inspect(&self, images: &[ImageKey]) -> Result<Vec<Inspection>, ImageStoreError>;

    /// Looks whether what is stored of an image is whole, and mends what can be mended, as far as
    /// `how` says. May be broken off anywhere.
    async fn examine(&self, image: ImageKey, how: Examination)
    -> Result<Examined, ImageStoreError>;

    /// Removes a photo, and its record or not, unless anything about the image has changed since
    /// it was found so; answers whether it did.
    async fn remove(&self, found: &Inspection, record_too: bool) -> Result<bool, ImageStoreError>;

    /// Removes what processes that died were receiving; answers how many files that were.
    async fn clean_up(&self) -> Result<u64, ImageStoreError>;

    /// Whether this process is the one that takes care of the store. There is at most one, until
    /// it ends; then it may be another.
    async fn take_care(&self) -> Result<bool, ImageStoreError>;

    /// What the process that takes care of the store noted last, if it is still readable.
    async fn notes(&self) -> Result<Option<Vec<u8>>, ImageStoreError>;

    /// Notes something for whoever takes care of the store next.
    async fn note(&self, notes: Vec<u8>) -> Result<(), ImageStoreError>;

    /// Whether photos can be written now.
    async fn ping(&self) -> Result<(), ImageStoreError>;
}

/// What is there of an image.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// Which.
    pub image: ImageKey,
    /// Whether the photo is there, and whole as far as its length tells.
    pub photo: bool,
    /// Whether a photo is there that is damaged, as far as its length tells, or was set aside for
    /// it.
    pub damaged_photo: bool,
    /// Whether there is a record that has lost something: at least a line, or what it says of the
    /// photo.
    pub damaged_record: bool,
    /// Its record, if there is one.
    pub record: Option<ImageRecord>,
    /// When photo or record last changed.
    pub changed_at: UnixMillis,
}

/// The photos of one request on their way in. Nobody sees them before [`ImageUpload::commit`];
/// dropping the upload removes every trace of them. Memory does not grow with the photos' size.
#[async_trait]
pub trait ImageUpload: Send {
    /// Takes the next bytes of the current photo.
    async fn write(&mut self, bytes: Bytes) -> Result<(), ImageStoreError>;

    /// Ends the current photo; the next byte written begins another. The photo was hashed and
    /// checked on its way.
    async fn end_image(&mut self) -> Result<ImageInfo, ImageStoreError>;

    /// Takes a photo that is stored, in place of its bytes. It is looked for in the commit.
    fn include(&mut self, image: ImageKey);

    /// Makes all photos durable and then visible, each under its hash, and with each what is asked
    /// of it; one that was stored before is left as it is, unless it is damaged, and its record
    /// grows by what is new. Included photos that are not stored fail it with
    /// [`ImageStoreError::Missing`]. Answers one [`Committed`] per image. After an error none that
    /// was not there before is promised to be there.
    async fn commit(self: Box<Self>, asked: &Acceptance)
    -> Result<Vec<Committed>, ImageStoreError>;
}

/// What became of an image and what is asked of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Which.
    pub image: ImageKey,
    /// The models that were added to its record.
    pub added: Vec<ModelName>,
    /// All models whose jobs ended before, by its record, but for those to be done again.
    pub ended: Vec<ModelName>,
    /// Whether the photo took the place of one that was damaged or missing. Jobs that failed for
    /// want of it can be done now.
    pub mended: bool,
}

/// Why the image store did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ImageStoreError {
    /// The photo is not acceptable.
    #[error(transparent)]
    Refused(#[from] PhotoRefusal),
    /// These photos were taken for stored and are not.
    #[error("{} photos are not stored", .0.len())]
    Missing(Vec<ImageKey>),
    /// What is stored of this image is damaged, and cannot be mended before its photo is posted
    /// again.
    #[error("what is stored of the image {0} is damaged")]
    Damaged(ImageKey),
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
    #[error(
        "is not a JPEG, PNG, WebP, GIF, TIFF, BMP, HEIC, AVIF, JPEG XL, JPEG 2000, PSD or camera RAW \
         photo, by its content"
    )]
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
