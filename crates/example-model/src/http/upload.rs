//! Reading a request's body within bounds.

use std::time::Duration;

use actix_multipart::{Multipart, MultipartError};
use actix_web::web::{Bytes, Payload};
use futures_util::TryStreamExt;
use tokio::time::timeout;

use crate::refusal::Refusal;

/// How long a body may take to arrive. It holds one of the few places meanwhile.
const DEADLINE: Duration = Duration::from_mins(1);

/// The part that holds the photo.
const PART: &str = "image_file";

/// Reads the photo in a form. More than `max_bytes` are refused without being kept.
pub(crate) async fn read(form: Multipart, max_bytes: usize) -> Result<Bytes, Refusal> {
    timeout(DEADLINE, find_part(form, max_bytes)).await.unwrap_or(Err(too_slow()))
}

/// Reads a body to its end and forgets it.
pub(crate) async fn drain(mut body: Payload) -> Result<(), Refusal> {
    let read = async {
        while body.try_next().await.map_err(MultipartError::from)?.is_some() {}
        Ok(())
    };
    timeout(DEADLINE, read).await.unwrap_or(Err(too_slow()))
}

async fn find_part(mut form: Multipart, max_bytes: usize) -> Result<Bytes, Refusal> {
    use MultipartError::{ContentTypeIncompatible, ContentTypeMissing, ContentTypeParse};
    let mut photo = None;
    loop {
        let mut part = match form.try_next().await {
            Ok(Some(part)) => part,
            // The form is read to its end, so that the connection can be used again.
            Ok(None) => return photo.ok_or(Refusal::MissingPart),
            // A body of another kind has no parts.
            Err(ContentTypeIncompatible | ContentTypeMissing | ContentTypeParse) => {
                return Err(Refusal::MissingPart);
            }
            Err(error) => return Err(error.into()),
        };
        if part.name() == Some(PART) {
            let bytes = part.bytes(max_bytes).await;
            photo = Some(bytes.map_err(|_| Refusal::TooManyBytes { limit: max_bytes })??);
        } else {
            while part.try_next().await?.is_some() {}
        }
    }
}

fn too_slow() -> Refusal {
    Refusal::TooSlow { seconds: DEADLINE.as_secs() }
}
