//! Parts end where their boundary is, whatever they say of their length.
//!
//! The reader of forms believes a part's own `Content-Length`, and drops what stands between there
//! and the next boundary: a photo with a wrong one would be cut short, or swallow the next photo,
//! without a word. Forms need no such header (RFC 7578, section 4.8), so it is made unreadable.

use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::mime::{BOUNDARY, Mime};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use memchr::{memchr, memmem};

const NAME: &[u8] = b"content-length";

/// The same body, without the lengths of its parts.
pub(super) fn without_lengths<S>(
    headers: &HeaderMap,
    body: S,
) -> impl Stream<Item = Result<Bytes, PayloadError>> + use<S>
where
    S: Stream<Item = Result<Bytes, PayloadError>>,
{
    let mut lines = Lines::new(&boundary(headers).unwrap_or_default());
    body.map(move |piece| piece.map(|piece| lines.pass(piece)))
}

fn boundary(headers: &HeaderMap) -> Option<String> {
    let media_type: Mime = headers.get(CONTENT_TYPE)?.to_str().ok()?.parse().ok()?;
    Some(media_type.get_param(BOUNDARY)?.as_str().to_owned())
}

/// Where in the form we are. A line may come in several pieces.
struct Lines {
    /// A boundary's line up to its line feed.
    boundary: Vec<u8>,
    in_head: bool,
    /// How many bytes of the line have passed.
    column: usize,
    /// Whether those are the first ones of a boundary's line, or of a length's.
    may_matter: bool,
    /// The last byte that passed.
    last: u8,
    /// Whether the first boundary has passed, before which there is no photo.
    begun: bool,
}

impl Lines {
    fn new(boundary: &str) -> Self {
        let boundary = format!("--{boundary}\r").into_bytes();
        Self { boundary, in_head: false, column: 0, may_matter: true, last: 0, begun: false }
    }

    fn pass(&mut self, piece: Bytes) -> Bytes {
        let mut changed = BytesMut::new();
        let mut at = 0;
        while let Some(byte) = piece.get(at) {
            if *byte == b'\n' {
                self.end_line();
            } else if self.may_matter {
                let wanted = if self.in_head { NAME } else { &self.boundary };
                self.may_matter = wanted.get(self.column) == Some(&self.as_written(*byte));
                self.column += 1;
                if self.in_head && self.may_matter && self.column == NAME.len() {
                    if changed.is_empty() {
                        changed.extend_from_slice(&piece);
                    }
                    changed[at] = b'-';
                    self.may_matter = false;
                }
            } else {
                self.column += 1;
                at += self.stride(&piece[at..]);
                self.last = piece[at - 1];
                continue;
            }
            self.last = *byte;
            at += 1;
        }
        if changed.is_empty() { piece } else { changed.freeze() }
    }

    /// How many bytes, the first of which ends no line, go by before a line feed that may matter:
    /// what is no boundary is the photo's, and is passed in strides.
    fn stride(&self, bytes: &[u8]) -> usize {
        if !self.begun || self.in_head {
            return memchr(b'\n', bytes).unwrap_or(bytes.len());
        }
        match memmem::find(bytes, b"\r\n-") {
            Some(at) => at + 1,
            // The hyphen may be in the next piece.
            None if bytes.ends_with(b"\r\n") => bytes.len() - 1,
            None => bytes.len(),
        }
    }

    /// Names of headers are the same in capitals.
    fn as_written(&self, byte: u8) -> u8 {
        if self.in_head { byte.to_ascii_lowercase() } else { byte }
    }

    fn end_line(&mut self) {
        self.in_head = if self.in_head {
            // The head ends with an empty line, which is a carriage return.
            self.column > 1
        } else {
            self.may_matter && self.column == self.boundary.len()
        };
        self.begun |= self.in_head;
        self.column = 0;
        // What a boundary parts from a photo is a whole line break.
        self.may_matter = self.in_head || !self.begun || self.last == b'\r';
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The form as it passes in pieces of every size.
    fn passed(form: &str) -> String {
        let in_pieces = |size: usize| {
            let mut lines = Lines::new("x");
            let pieces = form.as_bytes().chunks(size);
            let passed: Vec<_> = pieces.map(|it| lines.pass(Bytes::copy_from_slice(it))).collect();
            String::from_utf8(passed.concat()).unwrap()
        };
        let whole = in_pieces(form.len());
        for size in 1..form.len() {
            assert_eq!(in_pieces(size), whole, "in pieces of {size}");
        }
        whole
    }

    #[test]
    fn lengths_of_parts_cannot_be_read_any_more() {
        let form = "preamble\r\n--x\r\nContent-Length: 5\r\nA: b\r\ncontent-LENGTH:6\r\n\r\nphoto\r\n\
                    --x\r\nA: Content-Length: 5\r\n\r\n\r\n--x--\r\n";
        let expected = "preamble\r\n--x\r\nContent-Lengt-: 5\r\nA: b\r\ncontent-LENGT-:6\r\n\r\nphoto\
                        \r\n--x\r\nA: Content-Length: 5\r\n\r\n\r\n--x--\r\n";
        assert_eq!(passed(form), expected);
    }

    #[test]
    fn what_stands_in_a_photo_is_left_alone() {
        for photo in [
            "Content-Length: 5",
            "\r\nContent-Length: 5\r\n\r\n",
            "\n--x--\r\nContent-Length: 5",
            "\n--xy\r\nContent-Length: 5",
            "\n--x\nContent-Length: 5",
            "\n--\r\nContent-Length: 5",
            "\n-\n--x\r\nContent-Length: 5",
        ] {
            let form = format!("--x\r\nA: b\r\n\r\n{photo}\r\n--x--\r\nContent-Length: 1\r\n");
            assert_eq!(passed(&form), form);
        }
    }
}
