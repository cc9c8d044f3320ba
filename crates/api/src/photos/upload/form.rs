//! Reading the form of `POST /predict` part by part: photos go to the image store as they arrive,
//! text is small and bounded.

use bytes::Bytes;
use photo_core::ports::{ImageStoreError, ImageUpload, PhotoRefusal};
use photo_core::{ImageKey, nearest};

use super::fields::{Fields, KEYS};
use super::multipart::{FormError, Multipart, Pieces};
use crate::app::AppState;
use crate::app::admission::Admission;
use crate::app::stores::StoreDeadline;
use crate::http::body::split_list;
use crate::http::image_id::parse_image_id;
use crate::http::problem::Problem;
use crate::http::request_error::RequestError;
use crate::http::text::shorten;
use crate::jobs::selection::SelectionError;
use crate::photos::refused_photos::{RefusedPhoto, RefusedPhotos};
use crate::photos::upload::UploadError;

/// The part that holds a photo; there is one for each.
const PHOTO_PART: &str = "images";

/// The part that names photos that are stored: one hash, several with commas, or a JSON array.
const HASHES_PART: &str = "hashes";

/// The most bytes of one text part. A thousand names fit.
const MAX_TEXT_BYTES: usize = 100 * 1024;

/// The most parts beside the photos: more than any form has fields.
const MAX_OTHER_PARTS: usize = 2_000;

/// The most unknown fields that the answer names.
const MAX_IGNORED_FIELDS: usize = 20;

/// The most letters that differ in a field's name that is taken for a misspelt one. Others may be
/// somebody else's business.
const MAX_WRONG_LETTERS: usize = 2;

/// A form read to its end.
pub(super) struct UploadForm {
    pub(super) fields: Fields,
    /// The photos' hashes, sent or named, in the order of the form.
    pub(super) photos: Vec<ImageKey>,
    pub(super) upload: Box<dyn ImageUpload>,
    /// How many of the models had room for one photo before the first was read.
    pub(super) had_room: usize,
    /// The names of fields that mean nothing here.
    pub(super) ignored_fields: Vec<String>,
}

/// Reads a form whose query said `fields`, of which the models were checked. If more are known when
/// the first photo begins, they are checked then, so that no photo is read in vain. Photos that are
/// no good do not end the reading: all of them are named.
pub(super) async fn read(
    state: &AppState,
    mut form: Multipart<impl Pieces>,
    mut fields: Fields,
    admission: &mut Admission,
    deadline: &mut StoreDeadline,
) -> Result<UploadForm, Problem> {
    let limit = state.stores.config.api.max_images;
    let mut upload = state.stores.images.begin(state.stores.config.api.image_limits()).await?;
    let (mut photos, mut refused) = (Vec::new(), None::<RefusedPhotos>);
    let mut ignored_fields = Vec::new();
    let mut had_room = fields.models().len();
    let most_parts = limit.saturating_add(MAX_OTHER_PARTS);
    let mut parts = 0;
    while let Some(part) = form.next_part().await? {
        parts += 1;
        if parts > most_parts {
            return Err(RequestError::Unreadable(format!(
                "The form has more than {most_parts} parts."
            ))
            .into());
        }
        let file_name = part.file_name.as_deref();
        match plain_name(&part.name) {
            PHOTO_PART => {
                let first = form.next_bytes().await?;
                if first.is_none() && file_name == Some("") {
                    // What a browser sends for a file input in which no file was chosen.
                    continue;
                }
                let number = photos.len() + refused.as_ref().map_or(0, RefusedPhotos::count) + 1;
                if number > limit {
                    return Err(SelectionError::TooManyPhotos { limit }.into());
                }
                super::check_jobs(state, &fields, number)?;
                if number == 1 && fields.models().len() + fields.impossible().len() > had_room {
                    super::check_models(state, &fields, deadline).await?;
                    super::check_room(state, &fields, 1, deadline).await?;
                    had_room = fields.models().len();
                }
                match receive(first, &mut form, &mut *upload, admission).await? {
                    Ok(image) => photos.push(image),
                    Err(refusal) => {
                        let photo = RefusedPhoto::new(number, file_name, refusal);
                        match &mut refused {
                            Some(refused) => refused.push(photo),
                            None => refused = Some(RefusedPhotos::new(photo)),
                        }
                    }
                }
                if refused.is_some() {
                    // Nothing of the request will be stored: what was received needs no room any
                    // more, and the next photo is received only to be checked.
                    upload =
                        state.stores.images.begin(state.stores.config.api.image_limits()).await?;
                }
            }
            HASHES_PART => {
                let hashes = split_list(HASHES_PART, &read_text(&part.name, &mut form).await?)?;
                include(&hashes, limit, &mut photos, &mut *upload)?;
            }
            name if KEYS.contains(&name) => {
                // Browsers send what is made of a Blob as a file.
                fields.set(name, &read_text(&part.name, &mut form).await?)?;
            }
            name => {
                pass_over(name, file_name, &mut form).await?;
                let name = shorten(name);
                if ignored_fields.len() < MAX_IGNORED_FIELDS && !ignored_fields.contains(&name) {
                    ignored_fields.push(name);
                }
            }
        }
    }
    match refused {
        Some(refused) => Err(UploadError::Photos(refused).into()),
        None => Ok(UploadForm { fields, photos, upload, had_room, ignored_fields }),
    }
}

/// A field's name without the brackets that some libraries put behind it if it has several values.
fn plain_name(name: &str) -> &str {
    let index = |(_, index): &(&str, &str)| index.bytes().all(|byte| byte.is_ascii_digit());
    let bare = name.strip_suffix(']').and_then(|name| name.rsplit_once('[')).filter(index);
    bare.map_or(name, |(name, _)| name)
}

/// Passes over a part that is none of ours, unless it was meant to be one.
async fn pass_over(
    name: &str,
    file_name: Option<&str>,
    form: &mut Multipart<impl Pieces>,
) -> Result<(), Problem> {
    let known: Vec<&str> = [PHOTO_PART, HASHES_PART].iter().chain(KEYS).copied().collect();
    let meant = nearest(name, &known, MAX_WRONG_LETTERS);
    let hint = meant.map_or(String::new(), |meant| format!(" Did you mean `{meant}`?"));
    let refuse = |what: &str| {
        let name = shorten(name);
        Err(RequestError::Unreadable(format!("The form has {what} {name:?}.{hint}")).into())
    };
    let mut bytes = 0;
    while let Some(piece) = form.next_bytes().await? {
        bytes += piece.len();
        if file_name.is_some() {
            return refuse("a file, which belongs in a part named `images`, in the part");
        }
        if bytes > MAX_TEXT_BYTES {
            return refuse("too long a text in the part");
        }
    }
    match file_name {
        // A file input in which no file was chosen.
        Some("") => Ok(()),
        Some(_) => refuse("an empty file in the part"),
        None if meant.is_some() => refuse("the unknown field"),
        None => Ok(()),
    }
}

/// Takes photos by their hashes.
pub(super) fn include(
    hashes: &[String],
    limit: usize,
    photos: &mut Vec<ImageKey>,
    upload: &mut dyn ImageUpload,
) -> Result<(), Problem> {
    for hash in hashes {
        if photos.len() == limit {
            return Err(SelectionError::TooManyPhotos { limit }.into());
        }
        let image = parse_image_id(hash)?;
        photos.push(image);
        upload.include(image);
    }
    Ok(())
}

/// Passes a photo on as it arrives; answers its hash, or why it is not taken.
async fn receive(
    first: Option<Bytes>,
    form: &mut Multipart<impl Pieces>,
    upload: &mut dyn ImageUpload,
    admission: &mut Admission,
) -> Result<Result<ImageKey, PhotoRefusal>, Problem> {
    if first.is_none() {
        return Ok(Err(PhotoRefusal::Empty));
    }
    let mut piece = first;
    while let Some(bytes) = piece {
        admission.take(bytes.len())?;
        match upload.write(bytes).await {
            Err(ImageStoreError::Refused(refusal)) => {
                // What is left of it counts, and is not kept.
                while let Some(bytes) = form.next_bytes().await? {
                    admission.take(bytes.len())?;
                }
                return Ok(Err(refusal));
            }
            written => written?,
        }
        piece = form.next_bytes().await?;
    }
    match upload.end_image().await {
        Ok(info) => Ok(Ok(info.md5)),
        Err(ImageStoreError::Refused(refusal)) => Ok(Err(refusal)),
        Err(error) => Err(error.into()),
    }
}

async fn read_text(name: &str, form: &mut Multipart<impl Pieces>) -> Result<String, Problem> {
    let wrong = |what| {
        Problem::from(RequestError::Unreadable(format!("The part {:?} {what}.", shorten(name))))
    };
    let mut text = Vec::new();
    while let Some(bytes) = form.next_bytes().await? {
        text.extend_from_slice(&bytes);
        if text.len() > MAX_TEXT_BYTES {
            return Err(wrong("is too long"));
        }
    }
    let text = String::from_utf8(text).map_err(|_| wrong("is not UTF-8 text"))?;
    // Some editors begin every text with a byte order mark.
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

impl From<FormError> for Problem {
    fn from(error: FormError) -> Self {
        let what = format!(
            "The multipart form cannot be read: {error}. Send photos as `multipart/form-data`: \
             curl -F images=@photo.jpg -F models=NAME."
        );
        RequestError::Unreadable(what).into()
    }
}
