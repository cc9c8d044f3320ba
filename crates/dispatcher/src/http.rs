//! The HTTP/1.1 client that speaks to model services.
//!
//! It differs from a general client in three ways. An answer that comes before the request is sent
//! is read, even if the service then cuts the connection (`answering_io`). A request that failed
//! because a kept connection was closed in the moment of its reuse is told apart from all other
//! failures ([`SendError::is_stale`]). And the requests to one name are spread over all of its
//! addresses, which are looked up again while there is work (`host`, `resolver`).

mod answering_io;
mod busy_connection;
mod connection;
mod connector;
mod error;
mod host;
mod origin;
mod pool;
mod request;
mod resolver;
mod response;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use self::connector::Connector;
use self::pool::Pool;

pub use error::SendError;
pub use request::{Request, RequestBody};
pub use resolver::{Resolve, Resolver, SystemResolver};
pub use response::Response;

/// How long connections and addresses are kept.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// How long a connection may take to be made, from the look-up of the name on.
    pub connect: Duration,
    /// How long an unused connection is kept.
    pub idle: Duration,
    /// How old, about, a connection may become. Behind a load balancer or a changed name it
    /// would lead to the same instance for as long as there is work.
    pub age: Duration,
    /// How long the addresses of a name are used before it is looked up again.
    pub lookup: Duration,
    /// What names are looked up with.
    pub resolver: Resolver,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            // Services keep idle connections for 5 s (uvicorn's default).
            idle: Duration::from_secs(3),
            age: Duration::from_secs(30),
            lookup: Duration::from_secs(5),
            resolver: Resolver::new(SystemResolver),
        }
    }
}

/// Whether a request may go over a connection that has carried others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reuse {
    /// It may.
    Allowed,
    /// It goes over a connection of its own, which others may use after it.
    Never,
}

/// A client; clones share their connections.
#[derive(Debug, Clone)]
pub struct HttpClient {
    pool: Arc<Pool>,
}

impl HttpClient {
    /// A client without connections yet.
    pub fn new(settings: HttpSettings) -> Self {
        Self { pool: Arc::new(Pool::new(settings, Connector::new())) }
    }

    /// Sends a request and returns the answer, of which only the head was read. Redirects are not
    /// followed. Dropping the future, or the answer before its end, closes the connection.
    ///
    /// Once an answer other than 2xx has begun, the rest of the request is not sent.
    pub async fn send(&self, request: Request, reuse: Reuse) -> Result<Response, SendError> {
        let Request { origin, head, body } = request;
        let connecting = self.pool.connection(&origin, reuse);
        let connected = timeout(self.pool.settings().connect, connecting).await;
        let mut connection = connected.unwrap_or_else(|_| {
            let limit = self.pool.settings().connect;
            Err(SendError::connect_timeout(limit))
        })?;
        let flow = body.flow();
        let answer = connection.send(head.with_body(body)).await?;
        Ok(Response::new(answer, connection, flow))
    }
}
