//! Reading `multipart/form-data` (RFC 7578) as it arrives.
//!
//! A photo's bytes are passed on as they came from the connection, uncopied but where a boundary
//! may lie across two pieces. Parts end where their boundary is, whatever they say of their length.
//!
//! Lines end in CRLF or, in forms written by hand, all in LF: the line of the first boundary
//! decides which of the two ends a part, so that no photo that holds a boundary behind a single LF
//! is cut.

mod head;
mod parameters;
#[cfg(test)]
mod tests;

use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use bytes::{Buf, Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use memchr::memmem::Finder;
use memchr::{memchr, memrchr};
use thiserror::Error;

use crate::http::text::shorten;

pub(super) use self::head::PartHead;

/// What follows the last boundary in its line.
const CLOSED: &[u8] = b"--";

/// The most bytes of a part's head. The longest path that systems know, four times over.
const MAX_HEAD_BYTES: usize = 16 << 10;

/// The most white space behind a boundary, in its line.
const MAX_PADDING_BYTES: usize = 1_000;

/// The most bytes behind the last boundary, which mean nothing.
const MAX_EPILOGUE_BYTES: usize = 16 << 10;

/// Why a form cannot be read.
#[derive(Debug, Error)]
pub(super) enum FormError {
    #[error("the request's Content-Type is not multipart/form-data")]
    NoForm,
    #[error(
        "the request's Content-Type names no boundary (a library that makes the form sets the \
         header itself, with a boundary, if it is left out)"
    )]
    NoBoundary,
    #[error("it ends before its last boundary")]
    Incomplete,
    #[error("a line begins like the boundary and goes on otherwise")]
    NotQuiteBoundary,
    #[error("more than {MAX_EPILOGUE_BYTES} bytes follow its last boundary")]
    LongEpilogue,
    #[error("a part's head is longer than {MAX_HEAD_BYTES} bytes")]
    LongHead,
    #[error("a part's head has a line that is no header: {:?}", shorten(.0))]
    NoHeader(String),
    #[error("a part's head has too many lines")]
    ManyHeaders,
    #[error("a part has no `Content-Disposition: form-data` with a name")]
    NoName,
    #[error("a part is a form of its own")]
    Nested,
    #[error("a part says that its content is written as {0}, and contents are read as they are")]
    Encoded(String),
    #[error("it does not arrive: {0}")]
    Body(#[from] PayloadError),
}

/// A body as it arrives.
pub(super) trait Pieces: Stream<Item = Result<Bytes, PayloadError>> + Unpin {}

impl<S: Stream<Item = Result<Bytes, PayloadError>> + Unpin> Pieces for S {}

/// A form, read part by part.
pub(super) struct Multipart<S> {
    body: S,
    /// The line break and the boundary that end a part.
    delimiter: Finder<'static>,
    /// What has arrived and not been passed on.
    held: Bytes,
    /// Whether `held` is of a part's content, or of what stands before the first part.
    in_content: bool,
    /// Whether the first boundary was passed.
    is_begun: bool,
}

/// How a boundary's line goes on.
#[derive(Debug, PartialEq, Eq)]
enum LineEnd {
    /// Not at all, after so many bytes.
    Break { bytes: usize, is_bare: bool },
    /// With what makes it the last one.
    Closed,
    /// More has to arrive.
    Unknown,
    /// Otherwise than a boundary's line does.
    Wrong,
}

impl<S: Pieces> Multipart<S> {
    /// Begins with a request's headers and body.
    pub(super) fn new(headers: &HeaderMap, body: S) -> Result<Self, FormError> {
        let media_type = headers.get(CONTENT_TYPE).map(|it| parameters::split(it.as_bytes()));
        let (media_type, parameters) = media_type.ok_or(FormError::NoForm)?;
        if !media_type.starts_with("multipart/") {
            return Err(FormError::NoForm);
        }
        let boundary = parameters.into_iter().find(|(name, _)| name == "boundary");
        let boundary = boundary.map(|(_, value)| value).filter(|value| !value.is_empty());
        let delimiter = [b"\n--", boundary.ok_or(FormError::NoBoundary)?.as_slice()].concat();
        Ok(Self {
            body,
            delimiter: Finder::new(&delimiter).into_owned(),
            // The first boundary may be the first line, and then has no line break before it.
            held: Bytes::from_static(b"\n"),
            in_content: true,
            is_begun: false,
        })
    }

    /// Returns the head of the next part, or `None` after the last. What has not been read of the
    /// part before is skipped.
    pub(super) async fn next_part(&mut self) -> Result<Option<PartHead>, FormError> {
        while self.next_bytes().await?.is_some() {}
        if self.is_closed().await? {
            return Ok(None);
        }
        let head = PartHead::parse(&self.read_head().await?)?;
        self.in_content = true;
        Ok(Some(head))
    }

    /// Returns the part's next chunk, or `None` at its end. Chunks are never empty.
    pub(super) async fn next_bytes(&mut self) -> Result<Option<Bytes>, FormError> {
        while self.in_content {
            let certain = match self.delimiter.find(&self.held) {
                Some(0) => {
                    self.held.advance(self.delimiter.needle().len());
                    self.in_content = false;
                    break;
                }
                Some(at) => at,
                None => self.held.len() - self.may_be_delimiter(),
            };
            if certain > 0 {
                return Ok(Some(self.held.split_to(certain)));
            }
            self.receive().await?;
        }
        Ok(None)
    }

    /// How many of the last bytes may be the first ones of a delimiter.
    fn may_be_delimiter(&self) -> usize {
        let delimiter = self.delimiter.needle();
        let tail = &self.held[self.held.len().saturating_sub(delimiter.len() - 1)..];
        // A delimiter begins with a line break, and has no other.
        let begins = memrchr(delimiter[0], tail).filter(|at| delimiter.starts_with(&tail[*at..]));
        begins.map_or(0, |at| tail.len() - at)
    }

    /// Whether the boundary that was just passed is the form's last. It must be a whole line, or
    /// what looks like one might be a photo's, and the photo be cut short. White space at the
    /// line's end is transport padding (RFC 2046).
    async fn is_closed(&mut self) -> Result<bool, FormError> {
        loop {
            match line_end(&self.held) {
                LineEnd::Break { bytes, is_bare } => {
                    self.held.advance(bytes);
                    if !self.is_begun && !is_bare {
                        let delimiter = [b"\r", self.delimiter.needle()].concat();
                        self.delimiter = Finder::new(&delimiter).into_owned();
                    }
                    self.is_begun = true;
                    return Ok(false);
                }
                LineEnd::Closed => break,
                LineEnd::Unknown => self.receive().await?,
                LineEnd::Wrong => return Err(FormError::NotQuiteBoundary),
            }
        }
        self.receive_all().await?;
        // The last line need not be ended.
        let rest = self.held[CLOSED.len()..].trim_ascii_start();
        let blank = &self.held[CLOSED.len()..self.held.len() - rest.len()];
        if rest.is_empty() || blank.contains(&b'\n') {
            Ok(true)
        } else {
            Err(FormError::NotQuiteBoundary)
        }
    }

    /// Receives what is left of the body: a connection on which something is left cannot be used
    /// again.
    async fn receive_all(&mut self) -> Result<(), FormError> {
        loop {
            match self.receive().await {
                Err(FormError::Incomplete) => return Ok(()),
                received => received?,
            }
            if self.held.len() > MAX_EPILOGUE_BYTES {
                return Err(FormError::LongEpilogue);
            }
        }
    }

    /// A part's head with the empty line that ends it.
    async fn read_head(&mut self) -> Result<Bytes, FormError> {
        let (mut line, mut searched) = (0, 0);
        loop {
            while let Some(at) = memchr(b'\n', &self.held[searched..]) {
                let end = searched + at;
                if end > MAX_HEAD_BYTES {
                    return Err(FormError::LongHead);
                }
                let is_empty = matches!(&self.held[line..end], b"" | b"\r");
                (line, searched) = (end + 1, end + 1);
                if is_empty {
                    return Ok(self.held.split_to(line));
                }
            }
            if self.held.len() > MAX_HEAD_BYTES {
                return Err(FormError::LongHead);
            }
            searched = self.held.len();
            self.receive().await?;
        }
    }

    /// Adds what comes next to what is held.
    async fn receive(&mut self) -> Result<(), FormError> {
        let piece = self.body.next().await.ok_or(FormError::Incomplete)??;
        if self.held.is_empty() {
            self.held = piece;
        } else {
            // Grows in place from the second time on, so that tiny pieces do not cost a copy each.
            let held = std::mem::take(&mut self.held).try_into_mut();
            let mut held = held.unwrap_or_else(|shared| BytesMut::from(&*shared));
            held.extend_from_slice(&piece);
            self.held = held.freeze();
        }
        Ok(())
    }
}

/// How the line goes on whose boundary stands before this.
fn line_end(held: &[u8]) -> LineEnd {
    if held.starts_with(CLOSED) {
        return LineEnd::Closed;
    }
    let padding = held.iter().take_while(|byte| b" \t".contains(byte)).count();
    match &held[padding..] {
        _ if padding > MAX_PADDING_BYTES => LineEnd::Wrong,
        [b'\n', ..] => LineEnd::Break { bytes: padding + 1, is_bare: true },
        [b'\r', b'\n', ..] => LineEnd::Break { bytes: padding + 2, is_bare: false },
        [] | [b'\r'] => LineEnd::Unknown,
        [b'-'] if padding == 0 => LineEnd::Unknown,
        _ => LineEnd::Wrong,
    }
}
