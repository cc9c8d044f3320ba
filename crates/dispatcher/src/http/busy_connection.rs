//! A connection while it carries a request.

use std::time::Duration;

use hyper::body::Incoming;
use tokio::time::{Instant, timeout};

use super::connection::Connection;
use super::error::SendError;
use super::host::AddressPermit;
use super::request::RequestBody;

/// How long a connection whose answer was read may take to be ready for another request.
const SETTLING: Duration = Duration::from_secs(1);

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
