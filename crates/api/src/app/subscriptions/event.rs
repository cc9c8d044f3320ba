//! Server-sent events, as text.

use actix_web::web::Bytes;
use photo_core::{ImageKey, UnixMillis};
use serde_json::json;

/// The first thing that is sent: a client that loses the connection is to come back after a second.
pub(crate) const OPENING: Bytes = Bytes::from_static(b"retry: 1000\n\n");

/// All images are finished, and nothing more follows.
pub(crate) const DONE: Bytes = Bytes::from_static(b"event: done\ndata: {}\n\n");

/// A sign of life: it says nothing, and finds out whether the client is still there.
pub(crate) const ALIVE: &str = ": alive\n\n";

/// How an image's event ends.
pub(crate) const END: Bytes = Bytes::from_static(b"\n\n");

/// How an image's event begins, before its data. A client that comes back with the cursor as
/// `Last-Event-ID` misses nothing.
pub(crate) fn begin_image(cursor: Option<UnixMillis>) -> String {
    match cursor {
        Some(UnixMillis(cursor)) => format!("event: image\nid: {cursor}\ndata: "),
        None => "event: image\ndata: ".to_owned(),
    }
}

/// Adds an image's event to a text.
pub(crate) fn append_image(text: &mut Vec<u8>, cursor: Option<UnixMillis>, json: &[u8]) {
    text.extend_from_slice(begin_image(cursor).as_bytes());
    text.extend_from_slice(json);
    text.extend_from_slice(&END);
}

/// Moves the cursor without telling anything.
pub(crate) fn cursor(UnixMillis(cursor): UnixMillis) -> String {
    format!("id: {cursor}\n\n")
}

/// No job of these images is known; the stream waits for them.
pub(crate) fn unknown(images: &[ImageKey]) -> Bytes {
    let detail = "No job of these images is known. They are waited for: until they are posted, this \
                  stream does not end.";
    let data = json!({"images": images, "waiting": true, "detail": detail});
    format!("event: unknown\ndata: {data}\n\n").into()
}

/// So many images changed and are not told of.
pub(crate) fn more(images: usize) -> Bytes {
    format!("event: more\ndata: {}\n\n", json!({"images": images})).into()
}
