//! A form with one photo in it.

use std::fs::File;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::Path;

use bytes::{Buf, Bytes};

use super::wire::RequestBytes;
use crate::photos::photo::Photo;
use crate::service::MODEL;

const BOUNDARY: &str = "photo-bench";

/// What model services call the file part.
const MODEL_PART: &str = "image_file";

/// A `multipart/form-data` request with one photo, which is another one each time.
#[derive(Debug, Clone)]
pub struct Form {
    begin: Bytes,
    photo: Photo,
    rest: Bytes,
}

impl Form {
    /// A form that is posted to `target` at `address`, with the photo as the file part `part`.
    fn new(address: SocketAddr, target: &str, part: &str, photo: &Photo) -> Self {
        let (begin, end) = around(part);
        let length = begin.len() + photo.len() + end.len();
        let head = format!(
            "POST {target} HTTP/1.1\r\nHost: {address}\r\nContent-Type: {}\r\n\
             Content-Length: {length}\r\n\r\n",
            content_type()
        );
        let (_, photo_rest) = photo.copy();
        let rest = [&photo_rest, end.as_bytes()].concat();
        Self { begin: (head + &begin).into(), photo: photo.clone(), rest: rest.into() }
    }

    /// A form as clients of the api post it.
    pub fn to_api(address: SocketAddr, photo: &Photo) -> Self {
        Self::new(address, &format!("/predict?models={MODEL}"), "images", photo)
    }

    /// A form as model services are posted it.
    pub fn to_model(address: SocketAddr, photo: &Photo) -> Self {
        Self::new(address, "/predict", MODEL_PART, photo)
    }

    /// The form with another photo in it.
    pub fn fill(&self) -> RequestBytes {
        let (photo_begin, _) = self.photo.copy();
        Bytes::from([&self.begin, &photo_begin[..]].concat()).chain(self.rest.clone())
    }
}

/// The body of a form as model services are posted it, with another photo in it.
pub fn model_body(photo: &Photo) -> Bytes {
    let (begin, end) = around(MODEL_PART);
    let (photo_begin, photo_rest) = photo.copy();
    Bytes::from([begin.as_bytes(), &photo_begin, &photo_rest, end.as_bytes()].concat())
}

/// The body of a form as model services are posted it, with the photo in this file.
pub fn model_body_of(photo: &Path) -> io::Result<Bytes> {
    let (begin, end) = around(MODEL_PART);
    let mut file = File::open(photo)?;
    let photo_len = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
    // One more, so that the end is found without asking for more room.
    let mut body = Vec::with_capacity(begin.len() + photo_len + 1 + end.len());
    body.extend(begin.as_bytes());
    file.read_to_end(&mut body)?;
    body.extend(end.as_bytes());
    Ok(body.into())
}

/// What stands before and behind the photo.
fn around(part: &str) -> (String, String) {
    let begin = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{part}\"; \
         filename=\"photo.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n"
    );
    (begin, format!("\r\n--{BOUNDARY}--\r\n"))
}

/// The content type of all forms.
pub fn content_type() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}
