//! Why a client cannot wait here now.

use actix_web::http::StatusCode;
use thiserror::Error;

use crate::http::problem::Problem;

/// How long clients are asked to wait until others have been told what they wait for, in seconds.
const RETRY_STREAMS_SECONDS: u64 = 10;

/// Too many wait already.
#[derive(Debug, Error)]
pub(crate) enum SubscriptionError {
    /// As many clients wait as may.
    #[error(
        "{limit} clients are waiting for this server to tell them something, as many as it takes. Ask \
         again in a moment, or ask for the state without waiting."
    )]
    TooManyStreams { limit: usize },
    /// As many images are waited for as may be.
    #[error(
        "{limit} images are waited for, as many as this server takes. Ask again in a moment, for fewer \
         images, or without waiting."
    )]
    TooManyWatched { limit: usize },
}

impl From<SubscriptionError> for Problem {
    fn from(error: SubscriptionError) -> Self {
        let title = match error {
            SubscriptionError::TooManyStreams { .. } => "Too many streams",
            SubscriptionError::TooManyWatched { .. } => "Too many images watched",
        };
        Self::new(StatusCode::TOO_MANY_REQUESTS, title, &error)
            .with_retry_after(RETRY_STREAMS_SECONDS)
    }
}
