//! Reading `multipart/form-data` (RFC 7578) as it arrives.
//!
//! A photo's bytes are passed on as they came from the connection, uncopied but where a boundary may
//! lie across two pieces. Parts end where their boundary is, whatever they say of their length.

mod head;
#[cfg(test)]
mod tests;

use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::mime::{BOUNDARY, MULTIPART, Mime};
use bytes::{Buf, Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use memchr::memmem::{self, Finder};
use memchr::memrchr;
use thiserror::Error;

pub(super) use self::head::Head;

const LINE_BREAK: &[u8] = b"\r\n";

/// What follows the last boundary in its line.
const CLOSED: &[u8] = b"--";

/// The most bytes of a part's head. The longest path that systems know, four times over.
const MOST_HEAD: usize = 16 << 10;

/// The most bytes behind the last boundary, which mean nothing.
const MOST_EPILOGUE: usize = 16 << 10;

/// Why a form cannot be read.
#[derive(Debug, Error)]
pub(super) enum FormError {
    #[error("the request's Content-Type is not multipart/form-data")]
    NoForm,
    #[error("the request's Content-Type names no boundary")]
    NoBoundary,
    #[error("it ends before its last boundary")]
    Incomplete,
    #[error("a line begins like the boundary and goes on otherwise")]
    NotQuiteBoundary,
    #[error("more than {MOST_EPILOGUE} bytes follow its last boundary")]
    LongEpilogue,
    #[error("a part's head is longer than {MOST_HEAD} bytes")]
    LongHead,
    #[error("a part's head is wrong: {0}")]
    BadHead(#[from] httparse::Error),
    #[error("a part has no `Content-Disposition: form-data` with a name")]
    NoName,
    #[error("a part is a form of its own")]
    Nested,
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
}

impl<S: Pieces> Multipart<S> {
    /// Begins with a request's headers and body.
    pub(super) fn new(headers: &HeaderMap, body: S) -> Result<Self, FormError> {
        let media_type = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok()?.parse().ok());
        let media_type: Mime = media_type.ok_or(FormError::NoForm)?;
        if media_type.type_() != MULTIPART {
            return Err(FormError::NoForm);
        }
        let boundary = media_type.get_param(BOUNDARY).ok_or(FormError::NoBoundary)?;
        if boundary.as_str().is_empty() {
            return Err(FormError::NoBoundary);
        }
        let delimiter = format!("\r\n--{boundary}");
        Ok(Self {
            body,
            delimiter: Finder::new(&delimiter).into_owned(),
            // The first boundary may be the first line, and then has no line break before it.
            held: Bytes::from_static(LINE_BREAK),
            in_content: true,
        })
    }

    /// The head of the next part, unless there is none. What has not been read of the part before is
    /// passed over.
    pub(super) async fn next_part(&mut self) -> Result<Option<Head>, FormError> {
        while self.next_bytes().await?.is_some() {}
        if self.is_closed().await? {
            return Ok(None);
        }
        let head = Head::parse(&self.read_head().await?)?;
        self.in_content = true;
        Ok(Some(head))
    }

    /// What comes next of the part; never empty.
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
        // A delimiter has no other carriage return than its first byte.
        let begins = memrchr(b'\r', tail).filter(|at| delimiter.starts_with(&tail[*at..]));
        begins.map_or(0, |at| tail.len() - at)
    }

    /// Whether the boundary that was just passed is the form's last. It must be a whole line, or
    /// what looks like one might be a photo's, and the photo be cut short.
    async fn is_closed(&mut self) -> Result<bool, FormError> {
        while self.held.len() < LINE_BREAK.len() {
            self.receive().await?;
        }
        if self.held.starts_with(LINE_BREAK) {
            self.held.advance(LINE_BREAK.len());
            return Ok(false);
        }
        if !self.held.starts_with(CLOSED) {
            return Err(FormError::NotQuiteBoundary);
        }
        self.receive_all().await?;
        // The last line need not be ended.
        let rest = &self.held[CLOSED.len()..];
        if rest.is_empty() || rest.starts_with(LINE_BREAK) {
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
            if self.held.len() > MOST_EPILOGUE {
                return Err(FormError::LongEpilogue);
            }
        }
    }

    /// A part's head with the empty line that ends it.
    async fn read_head(&mut self) -> Result<Bytes, FormError> {
        const END: &[u8] = b"\r\n\r\n";
        let mut searched = 0;
        loop {
            if let Some(at) = memmem::find(&self.held[searched..], END) {
                return Ok(self.held.split_to(searched + at + END.len()));
            }
            if self.held.len() > MOST_HEAD {
                return Err(FormError::LongHead);
            }
            searched = (self.held.len() + 1).saturating_sub(END.len());
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
