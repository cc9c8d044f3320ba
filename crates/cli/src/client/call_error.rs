//! Why a call to the server did not succeed.

use std::error::Error;
use std::time::Duration;

use super::problem::Problem;

/// Why a call did not succeed, by what the caller can do about it.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum CallError {
    /// There is no connection to the server; nothing was sent.
    #[error("cannot reach the server at {server}: {cause} (--server names another one)")]
    Unreachable { server: String, cause: String },
    /// It cannot be told whether it is the server, as its certificate is none to trust.
    #[error("cannot be sure of the server at {server}: {cause}")]
    Untrusted { server: String, cause: String },
    /// The connection broke, or nothing came for too long. What the server did is not known.
    #[error("the connection to {server} broke: {cause}")]
    Broken { server: String, cause: String },
    /// The server answered that it did not do it.
    #[error("{0}")]
    Refused(Problem),
    /// The server answered something that cannot be understood.
    #[error("{server} answered something that photoctl does not understand: {cause}")]
    Garbled { server: String, cause: String },
    /// It was tried for too long without any success.
    #[error("{last}; gave up after {}", humantime::format_duration(*.after))]
    GaveUp { last: Box<Self>, after: Duration },
}

impl CallError {
    /// Whether the same call may succeed later: the server is away, or has no room.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Broken { .. } => true,
            Self::Refused(problem) => matches!(problem.status, 408 | 429 | 502 | 503 | 504 | 507),
            Self::Untrusted { .. } | Self::Garbled { .. } | Self::GaveUp { .. } => false,
        }
    }

    /// Whether the request was lost on its way, for which a long one is more in danger than a
    /// short one.
    pub(crate) fn is_lost_on_the_way(&self) -> bool {
        match self {
            Self::Broken { .. } => true,
            Self::Refused(problem) => problem.status == 408,
            _ => false,
        }
    }

    /// The problem that the server told.
    pub(crate) fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused(problem) => Some(problem),
            _ => None,
        }
    }

    /// Whether the server does not know this kind of request.
    pub(crate) fn is_unknown_request(&self) -> bool {
        self.problem().is_some_and(|problem| matches!(problem.status, 404 | 405 | 501))
    }

    /// What became of a request that brought no answer.
    pub(super) fn of_transport(server: &str, error: &reqwest::Error) -> Self {
        let server = server.to_owned();
        if let Some(cause) = photo_tls::why_not(error) {
            return Self::Untrusted { server, cause };
        }
        let cause =
            if error.is_timeout() { "no answer came in time".to_owned() } else { innermost(error) };
        if error.is_connect() {
            Self::Unreachable { server, cause }
        } else {
            Self::Broken { server, cause }
        }
    }
}

/// What lies at the bottom of an error; what is above it says only that there is one.
fn innermost(error: &reqwest::Error) -> String {
    let mut error: &dyn Error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
