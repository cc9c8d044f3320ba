//! Why an attempt did not give a result.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The longest message kept with a job, in bytes; longer ones are cut.
const MAX_MESSAGE: usize = 2_000;

/// What went wrong with an attempt, in words a client can act on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobError {
    /// The kind of failure, for programs.
    pub kind: JobErrorKind,
    /// What happened, for people; the model's own words where it said any.
    pub message: String,
    /// The HTTP status the model service answered with, if it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub http_status: Option<u16>,
}

/// The kinds of failure, which decide what happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobErrorKind {
    /// The model said that this photo or request is no good. Trying again is useless.
    Refused,
    /// The service says that it is still loading.
    NotReady,
    /// The service has too much to do (429).
    Overloaded,
    /// No connection to the service, or no endpoint is known.
    Unreachable,
    /// No answer within the model's time limit.
    Timeout,
    /// The service failed (5xx). It may be the photo's fault.
    ServerError,
    /// The service answered something that is not a prediction.
    BadAnswer,
    /// The image store could not be read.
    ImageUnavailable,
    /// The photo is not in the image store.
    ImageMissing,
    /// The bytes of the stored photo are not those that were posted. Posting the photo again mends
    /// it, and has the job done.
    ImageDamaged,
    /// Dispatchers died while they held this job, again and again.
    DispatchersDied,
}

impl JobErrorKind {
    /// Whether the job failed because the server did not have its photo, whole: with the photo the
    /// job can be done.
    pub fn lacks_photo(self) -> bool {
        matches!(self, Self::ImageMissing | Self::ImageDamaged)
    }
}

impl JobError {
    /// An error of this kind; a message of more than 2,000 bytes is cut.
    pub fn new(kind: JobErrorKind, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if message.len() > MAX_MESSAGE {
            let end = (0..=MAX_MESSAGE - 3).rev().find(|n| message.is_char_boundary(*n));
            message.truncate(end.unwrap_or(0));
            message.push('…');
        }
        Self { kind, message, http_status: None }
    }

    /// The same error with the service's HTTP status.
    #[must_use]
    pub fn with_status(mut self, http_status: u16) -> Self {
        self.http_status = Some(http_status);
        self
    }
}

impl std::fmt::Display for JobError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn messages_are_bounded_and_the_json_reads_back(text in ".{0,1500}") {
            let error = JobError::new(JobErrorKind::Refused, text).with_status(400);
            prop_assert!(error.message.len() <= MAX_MESSAGE);
            let json = serde_json::to_string(&error).unwrap();
            prop_assert_eq!(serde_json::from_str::<JobError>(&json).unwrap(), error);
        }
    }
}
