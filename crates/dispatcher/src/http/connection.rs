//! One connection, and the requests it carries one after the other.

use std::time::Duration;

use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout};
use tokio_util::task::AbortOnDropHandle;

use super::answering_io::{AnsweringIo, BytesRead};
use super::error::SendError;
use super::host::AddressPermit;
use super::request::RequestBody;
use crate::backoff::about;

/// How long a connection whose answer was read may take to be ready for another request.
const SETTLING: Duration = Duration::from_secs(1);

/// A connection. It is closed when dropped.
#[derive(Debug)]
pub(super) struct Connection {
    sender: SendRequest<RequestBody>,
    read: BytesRead,
    /// Whether it has carried a request.
    is_used: bool,
    /// From when on it carries no further request.
    old_at: Instant,
    idle_since: Instant,
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

/// A connection that carries a request now.
#[derive(Debug)]
pub(super) struct BusyConnection {
    connection: Connection,
    permit: AddressPermit,
}

impl BusyConnection {
    /// Takes a connection to the address of this permit.
    pub(super) fn new(connection: Connection, permit: AddressPermit) -> Self {
        Self { connection, permit }
    }

    /// Whether it carried requests before this one.
    pub(super) fn is_reused(&self) -> bool {
        self.connection.is_used
    }

    /// Sends a request and waits for the head of its answer.
    pub(super) async fn send(
        &mut self,
        request: hyper::Request<RequestBody>,
    ) -> Result<hyper::Response<Incoming>, SendError> {
        let Connection { sender, read, is_used, .. } = &mut self.connection;
        let before = read.get();
        sender.send_request(request).await.map_err(|error| {
            let is_stale = *is_used && read.get() == before;
            SendError::no_answer(error, is_stale)
        })
    }

    /// Gives the connection back, whose answer was read to its end.
    pub(super) fn give_back(self) {
        let Self { mut connection, permit } = self;
        connection.is_used = true;
        let (host, address) = permit.into_parts();
        if connection.sender.is_ready() {
            connection.idle_since = Instant::now();
            host.put_back(address, connection);
        } else if !connection.sender.is_closed() {
            tokio::spawn(async move {
                let settled = timeout(SETTLING, connection.sender.ready()).await;
                if matches!(settled, Ok(Ok(()))) {
                    connection.idle_since = Instant::now();
                    host.put_back(address, connection);
                }
            });
        }
    }
}
