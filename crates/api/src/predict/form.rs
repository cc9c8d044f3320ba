//! Reading the form of `POST /predict` part by part: photos go to the image store as they arrive,
//! text is small and bounded.

use actix_multipart::{Field, Multipart, MultipartError};
use bytes::Bytes;
use futures_util::TryStreamExt;
use photo_core::ImageKey;
use photo_core::ports::{ImageStoreError, ImageUpload, PhotoRefusal};

use super::fields::Fields;
use crate::error::{ApiError, shorten};
use crate::state::AppState;

/// The part that holds a photo; there is one for each.
const PHOTO_PART: &str = "images";

/// The most bytes of one text part. A thousand names fit.
const MOST_TEXT: usize = 100 * 1024;

/// The most text parts: more than anybody has fields.
const MOST_TEXT_PARTS: usize = 2_000;

/// A form read to its end.
pub(super) struct Form {
    pub(super) fields: Fields,
    /// The photos' hashes, one per photo part, in the order of the form.
    pub(super) photos: Vec<ImageKey>,
    pub(super) upload: Box<dyn ImageUpload>,
}

/// Reads a form whose query said `fields`. If the models are known when the first photo begins,
/// they are checked then, so that no photo is read in vain.
pub(super) async fn read(
    state: &AppState,
    mut form: Multipart,
    mut fields: Fields,
) -> Result<Form, ApiError> {
    let limit = state.config.api.max_images;
    let mut upload = state.images.begin(state.config.api.image_limits()).await?;
    let mut photos = Vec::new();
    let mut text_parts = 0;
    while let Some(mut part) = form.try_next().await.map_err(|e| bad_form(&e))? {
        let name = part.name().unwrap_or_default().to_owned();
        let file_name = part.content_disposition().and_then(|it| it.get_filename());
        if name == PHOTO_PART {
            let is_unnamed = file_name == Some("");
            // A part that has ended must not be asked again.
            let Some(first) = part.try_next().await.map_err(|e| bad_form(&e))? else {
                if is_unnamed {
                    // What a browser sends for a file input in which no file was chosen.
                    continue;
                }
                let (number, refusal) = (photos.len() + 1, PhotoRefusal::Empty);
                return Err(ApiError::Photo { number, refusal });
            };
            if photos.len() == limit {
                return Err(ApiError::TooManyPhotos { limit });
            }
            if photos.is_empty() && fields.names_models() {
                super::check_models(state, &fields).await?;
                super::check_room(state, &fields, 1).await?;
            }
            let received = receive(first, &mut part, &mut *upload).await;
            photos.push(received.map_err(|error| error.of_photo(photos.len() + 1))?);
        } else if file_name.is_some() {
            return Err(ApiError::BadRequest(format!(
                "The form has a file in the part {:?}. Photos are sent in parts named \
                 `{PHOTO_PART}`.",
                shorten(&name)
            )));
        } else {
            text_parts += 1;
            if text_parts > MOST_TEXT_PARTS {
                let what = format!("The form has more than {MOST_TEXT_PARTS} text parts.");
                return Err(ApiError::BadRequest(what));
            }
            fields.set(&name, &read_text(&name, &mut part).await?)?;
        }
    }
    Ok(Form { fields, photos, upload })
}

/// Passes a photo on as it arrives; answers its hash.
async fn receive(
    first: Bytes,
    part: &mut Field,
    upload: &mut dyn ImageUpload,
) -> Result<ImageKey, PartError> {
    upload.write(first).await?;
    while let Some(bytes) = part.try_next().await.map_err(PartError::Form)? {
        upload.write(bytes).await?;
    }
    Ok(upload.end_image().await?.md5)
}

async fn read_text(name: &str, part: &mut Field) -> Result<String, ApiError> {
    let wrong = |what| ApiError::BadRequest(format!("The part {:?} {what}.", shorten(name)));
    let mut text = Vec::new();
    while let Some(bytes) = part.try_next().await.map_err(|e| bad_form(&e))? {
        text.extend_from_slice(&bytes);
        if text.len() > MOST_TEXT {
            return Err(wrong("is too long"));
        }
    }
    String::from_utf8(text).map_err(|_| wrong("is not UTF-8 text"))
}

/// What can go wrong while a photo arrives.
enum PartError {
    Form(MultipartError),
    Store(ImageStoreError),
}

impl PartError {
    fn of_photo(self, number: usize) -> ApiError {
        match self {
            Self::Form(error) => bad_form(&error),
            Self::Store(ImageStoreError::Refused(refusal)) => ApiError::Photo { number, refusal },
            Self::Store(error) => ApiError::Images(error),
        }
    }
}

impl From<ImageStoreError> for PartError {
    fn from(error: ImageStoreError) -> Self {
        Self::Store(error)
    }
}

fn bad_form(error: &MultipartError) -> ApiError {
    ApiError::BadRequest(format!(
        "The multipart form cannot be read: {error}. Send photos as `multipart/form-data`: \
         curl -F images=@photo.jpg -F models=NAME."
    ))
}
