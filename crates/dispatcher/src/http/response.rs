//! What comes back.

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::HeaderMap;
use hyper::body::Incoming;

use super::busy_connection::BusyConnection;
use super::request::Flow;

/// An answer whose body is still to be read.
#[derive(Debug)]
pub struct Response {
    head: hyper::http::response::Parts,
    body: Incoming,
    /// What carries it, until its end.
    connection: Option<BusyConnection>,
    is_reused: bool,
    flow: Flow,
}

impl Response {
    pub(super) fn new(
        answer: hyper::Response<Incoming>,
        connection: BusyConnection,
        flow: Flow,
    ) -> Self {
        let (head, body) = answer.into_parts();
        if !head.status.is_success() {
            flow.halt();
        }
        let is_reused = connection.is_reused();
        Self { head, body, connection: Some(connection), is_reused, flow }
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.head.status.as_u16()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// Whether the request went over a connection that had carried others.
    pub fn is_reused(&self) -> bool {
        self.is_reused
    }

    /// The next piece of the body, or `None` at its end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, hyper::Error> {
        while let Some(frame) = self.body.frame().await {
            // What is no data is trailers, which nobody asks for.
            if let Ok(data) = frame?.into_data() {
                return Ok(Some(data));
            }
        }
        if let Some(connection) = self.connection.take().filter(|_| self.flow.is_complete()) {
            connection.give_back();
        }
        Ok(None)
    }
}
