//! What is sent.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use hyper::Method;
use hyper::Uri;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{ACCEPT, HOST, HeaderName, HeaderValue, USER_AGENT};
use photo_core::ports::{ImageBytes, ImageStoreError};

use super::error::SendError;
use super::origin::Origin;

/// Who we say we are.
const NAME: &str = concat!("photo-dispatcher/", env!("CARGO_PKG_VERSION"));

/// A request to one URL.
pub struct Request {
    pub(super) origin: Origin,
    pub(super) head: Head,
    pub(super) body: RequestBody,
}

/// A request without its body.
pub(super) struct Head(hyper::Request<()>);

impl Head {
    pub(super) fn with_body(self, body: RequestBody) -> hyper::Request<RequestBody> {
        self.0.map(|()| body)
    }
}

impl Request {
    /// A request without a body. Fails if the URL has no host.
    pub fn new(method: Method, url: &str) -> Result<Self, SendError> {
        let url: Uri = url.parse().map_err(|_| SendError::no_address(url))?;
        let origin = Origin::of(&url).ok_or_else(|| SendError::no_address(&url.to_string()))?;
        let target = url.path_and_query().map_or("/", |target| target.as_str());
        let head = hyper::Request::builder()
            .method(method)
            .uri(target)
            .header(HOST, origin.host_header())
            .header(USER_AGENT, NAME)
            .header(ACCEPT, "*/*")
            .body(())
            .map_err(|_| SendError::no_address(&url.to_string()))?;
        Ok(Self { origin, head: Head(head), body: RequestBody::empty() })
    }

    /// The same request with these headers too.
    #[must_use]
    pub fn with_headers(
        mut self,
        headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
    ) -> Self {
        self.head.0.headers_mut().extend(headers);
        self
    }

    /// The same request with a body.
    #[must_use]
    pub fn with_body(mut self, body: RequestBody) -> Self {
        self.body = body;
        self
    }
}

/// The body of a request, in pieces that come while it is sent.
pub struct RequestBody {
    pieces: ImageBytes,
    left: u64,
    flow: Flow,
}

/// How far a body is sent, and whether more of it is wanted.
#[derive(Debug, Clone, Default)]
pub(super) struct Flow(Arc<FlowState>);

#[derive(Debug, Default)]
struct FlowState {
    halted: AtomicBool,
    complete: AtomicBool,
}

impl Flow {
    /// No more of the body is to be sent. The connection is of no use after that, unless all of
    /// it is sent already.
    pub(super) fn halt(&self) {
        self.0.halted.store(true, Ordering::Relaxed);
    }

    /// Whether all of the body was given to the connection.
    pub(super) fn is_complete(&self) -> bool {
        self.0.complete.load(Ordering::Relaxed)
    }
}

impl RequestBody {
    /// No bytes.
    pub fn empty() -> Self {
        Self::new(stream::empty().boxed(), 0)
    }

    /// These bytes, `length` in all.
    pub fn new(pieces: ImageBytes, length: u64) -> Self {
        let flow = Flow::default();
        flow.0.complete.store(length == 0, Ordering::Relaxed);
        Self { pieces, left: length, flow }
    }

    pub(super) fn flow(&self) -> Flow {
        self.flow.clone()
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = ImageStoreError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ImageStoreError>>> {
        if self.flow.0.halted.load(Ordering::Relaxed) {
            return Poll::Pending;
        }
        let piece = ready!(Pin::new(&mut self.pieces).poll_next(cx));
        if let Some(Ok(bytes)) = &piece {
            self.left = self.left.saturating_sub(bytes.len() as u64);
            self.flow.0.complete.store(self.left == 0, Ordering::Relaxed);
        }
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
