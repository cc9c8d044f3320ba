//! Reading the form of `POST /predict` part by part: photos go to the image store as they arrive,
//! text is small and bounded.

use bytes::Bytes;
use photo_core::ImageKey;
use photo_core::ports::{ImageStoreError, ImageUpload, PhotoRefusal};

use super::fields::{Fields, split_list};
use super::multipart::{FormError, Multipart, Pieces};
use crate::error::{ApiError, shorten};
use crate::intake::Admission;
use crate::state::AppState;
use crate::status::parse_hash;
use crate::store_time::StoreTime;

/// The part that holds a photo; there is one for each.
const PHOTO_PART: &str = "images";

/// The part that names photos that are stored: one hash, several with commas, or a JSON array.
const HASHES_PART: &str = "hashes";

/// The most bytes of one text part. A thousand names fit.
const MOST_TEXT: usize = 100 * 1024;

/// The most parts beside the photos: more than anybody has fields.
const MOST_OTHER_PARTS: usize = 2_000;

/// A form read to its end.
pub(super) struct Form {
    pub(super) fields: Fields,
    /// The photos' hashes, sent or named, in the order of the form.
    pub(super) photos: Vec<ImageKey>,
    pub(super) upload: Box<dyn ImageUpload>,
    /// How many of the models had room for one photo before the first was read.
    pub(super) had_room: usize,
}

/// Reads a form whose query said `fields`, of which the models were checked. If more are known when
/// the first photo begins, they are checked then, so that no photo is read in vain.
pub(super) async fn read(
    state: &AppState,
    mut form: Multipart<impl Pieces>,
    mut fields: Fields,
    admission: &mut Admission,
    time: &mut StoreTime,
) -> Result<Form, ApiError> {
    let limit = state.config.api.max_images;
    let mut upload = state.images.begin(state.config.api.image_limits()).await?;
    let mut photos = Vec::new();
    let mut had_room = fields.models().len();
    let most_parts = limit.saturating_add(MOST_OTHER_PARTS);
    let mut parts = 0;
    while let Some(part) = form.next_part().await? {
        parts += 1;
        if parts > most_parts {
            return Err(ApiError::BadRequest(format!(
                "The form has more than {most_parts} parts."
            )));
        }
        if part.name == PHOTO_PART {
            let Some(first) = form.next_bytes().await? else {
                if part.file_name.as_deref() == Some("") {
                    // What a browser sends for a file input in which no file was chosen.
                    continue;
                }
                let (number, refusal) = (photos.len() + 1, PhotoRefusal::Empty);
                return Err(ApiError::Photo { number, refusal });
            };
            if photos.len() == limit {
                return Err(ApiError::TooManyPhotos { limit });
            }
            super::check_jobs(state, &fields, photos.len() + 1)?;
            if photos.is_empty() && fields.models().len() + fields.impossible().len() > had_room {
                super::check_models(state, &fields, time).await?;
                super::check_room(state, &fields, 1, time).await?;
                had_room = fields.models().len();
            }
            let number = photos.len() + 1;
            photos.push(receive(number, first, &mut form, &mut *upload, admission).await?);
        } else if part.file_name.is_some() {
            return Err(ApiError::BadRequest(format!(
                "The form has a file in the part {:?}. Photos are sent in parts named \
                 `{PHOTO_PART}`.",
                shorten(&part.name)
            )));
        } else {
            let text = read_text(&part.name, &mut form).await?;
            if part.name == HASHES_PART {
                let hashes = split_list(HASHES_PART, &text)?;
                include(&hashes, limit, &mut photos, &mut *upload)?;
            } else {
                fields.set(&part.name, &text)?;
            }
        }
    }
    Ok(Form { fields, photos, upload, had_room })
}

/// Takes photos by their hashes.
pub(super) fn include(
    hashes: &[String],
    limit: usize,
    photos: &mut Vec<ImageKey>,
    upload: &mut dyn ImageUpload,
) -> Result<(), ApiError> {
    for hash in hashes {
        if photos.len() == limit {
            return Err(ApiError::TooManyPhotos { limit });
        }
        let image = parse_hash(hash)?;
        photos.push(image);
        upload.include(image);
    }
    Ok(())
}

/// Passes the form's photo of this number on as it arrives; answers its hash.
async fn receive(
    number: usize,
    first: Bytes,
    form: &mut Multipart<impl Pieces>,
    upload: &mut dyn ImageUpload,
    admission: &mut Admission,
) -> Result<ImageKey, ApiError> {
    let refused = |error| match error {
        ImageStoreError::Refused(refusal) => ApiError::Photo { number, refusal },
        error => ApiError::Images(error),
    };
    let mut piece = Some(first);
    while let Some(bytes) = piece {
        admission.take(bytes.len())?;
        upload.write(bytes).await.map_err(refused)?;
        piece = form.next_bytes().await?;
    }
    Ok(upload.end_image().await.map_err(refused)?.md5)
}

async fn read_text(name: &str, form: &mut Multipart<impl Pieces>) -> Result<String, ApiError> {
    let wrong = |what| ApiError::BadRequest(format!("The part {:?} {what}.", shorten(name)));
    let mut text = Vec::new();
    while let Some(bytes) = form.next_bytes().await? {
        text.extend_from_slice(&bytes);
        if text.len() > MOST_TEXT {
            return Err(wrong("is too long"));
        }
    }
    String::from_utf8(text).map_err(|_| wrong("is not UTF-8 text"))
}

impl From<FormError> for ApiError {
    fn from(error: FormError) -> Self {
        Self::BadRequest(format!(
            "The multipart form cannot be read: {error}. Send photos as `multipart/form-data`: \
             curl -F images=@photo.jpg -F models=NAME."
        ))
    }
}
