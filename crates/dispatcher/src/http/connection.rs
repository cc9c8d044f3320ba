//! One connection, and the requests it carries one after the other.

use std::time::Duration;

use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use super::answering_io::{AnsweringIo, BytesRead};
use super::error::SendError;
use super::request::RequestBody;
use crate::backoff::about;

/// A connection. It is closed when dropped.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) sender: SendRequest<RequestBody>,
    pub(super) read: BytesRead,
    /// Whether it has carried a request.
    pub(super) is_used: bool,
    /// From when on it carries no further request.
    old_at: Instant,
    pub(super) idle_since: Instant,
    _task: AbortOnDropHandle<()>,
}

impl Connection {
    /// Speaks HTTP over a stream, for `age` or so.
    pub(super) async fn open<S>(stream: S, age: Duration) -> Result<Self, SendError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let read = BytesRead::default();
        let io = TokioIo::new(AnsweringIo::new(stream, read.clone()));
        let (sender, connection) = http1::handshake(io).await.map_err(SendError::connect)?;
        let task = tokio::spawn(async move {
            // What fails here, the request's sender is told.
            let _ = connection.await;
        });
        let now = Instant::now();
        Ok(Self {
            sender,
            read,
            is_used: false,
            old_at: now + about(age),
            idle_since: now,
            _task: AbortOnDropHandle::new(task),
        })
    }

    /// Whether it can carry another request, having been unused for less than `idle`.
    pub(super) fn is_usable(&self, idle: Duration) -> bool {
        let now = Instant::now();
        now < self.old_at && now < self.idle_since + idle && self.sender.is_ready()
    }
}
