//! Why there is no answer.

use std::error::Error;
use std::fmt;
use std::time::Duration;

type Cause = Box<dyn Error + Send + Sync>;

/// Why there is no answer to a request.
#[derive(Debug)]
pub struct SendError {
    stage: Stage,
    cause: Cause,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// There is no connection.
    Connect,
    /// A connection that had carried other requests ended before a byte of this one's answer.
    Reused,
    /// A connection ended, or brought something else, before the answer's head was whole.
    Answer,
}

impl SendError {
    /// There is no connection, because of this.
    pub(super) fn connect(cause: impl Into<Cause>) -> Self {
        Self { stage: Stage::Connect, cause: cause.into() }
    }

    /// There was none in this time.
    pub(super) fn connect_timeout(limit: Duration) -> Self {
        Self::connect(format!("no connection within {limit:?}"))
    }

    /// Nothing can be sent to this URL.
    pub(super) fn no_address(url: &str) -> Self {
        Self::connect(format!("{url} is not an address of a service"))
    }

    /// No answer came over a connection; `reused` if it had carried other requests and brought no
    /// byte for this one.
    pub(super) fn no_answer(cause: hyper::Error, reused: bool) -> Self {
        let stage = if reused { Stage::Reused } else { Stage::Answer };
        Self { stage, cause: cause.into() }
    }

    /// Whether there was no connection at all.
    pub fn is_connect(&self) -> bool {
        self.stage == Stage::Connect
    }

    /// Whether the connection was a kept one that brought no byte of an answer: the service may
    /// have closed it before it saw the request, which can go again over a new connection.
    pub fn is_stale(&self) -> bool {
        self.stage == Stage::Reused
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.stage {
            Stage::Connect => "there is no connection",
            Stage::Reused | Stage::Answer => "there is no answer",
        })
    }
}

impl Error for SendError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.cause)
    }
}
