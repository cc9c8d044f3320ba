//! A form with one photo in it.

use std::net::SocketAddr;

use bytes::{Buf, Bytes};

use super::Question;
use crate::photo::Photo;

const BOUNDARY: &str = "photo-bench";

/// A `multipart/form-data` request with one photo, which is another one each time.
#[derive(Debug, Clone)]
pub struct Form {
    begin: Bytes,
    photo: Photo,
    rest: Bytes,
}

impl Form {
    /// A form that is posted to `target` at `address`, with the photo as the file part `part`.
    pub fn new(address: SocketAddr, target: &str, part: &str, photo: &Photo) -> Self {
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

    /// The form with another photo in it.
    pub fn fill(&self) -> Question {
        let (photo_begin, _) = self.photo.copy();
        Bytes::from([&self.begin, &photo_begin[..]].concat()).chain(self.rest.clone())
    }
}

/// The body of a form with another photo in it.
pub fn body(part: &str, photo: &Photo) -> Bytes {
    let (begin, end) = around(part);
    let (photo_begin, photo_rest) = photo.copy();
    Bytes::from([begin.as_bytes(), &photo_begin, &photo_rest, end.as_bytes()].concat())
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
