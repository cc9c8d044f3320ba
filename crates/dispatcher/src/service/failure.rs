//! Why a service gave no prediction, and whose fault that is.

use std::error::Error;
use std::time::Duration;

use photo_core::ports::ImageStoreError;
use photo_core::{JobError, JobErrorKind};

use crate::http::SendError;

/// Why a question was not answered with a prediction.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// What happened.
    pub error: JobError,
    /// After how long the service wants to be asked again, if it said so.
    pub retry_after: Option<Duration>,
    /// Whether every photo would get this answer: the request did not come to the model.
    pub is_unrouted: bool,
}

/// Whose fault a failure is, which decides what becomes of the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The service does not want this photo: asking again is useless.
    Photo,
    /// The service cannot work now, whatever the photo: the job waits and loses nothing.
    Service,
    /// We could not read the photo just now: the job waits and loses nothing.
    Us,
    /// The stored photo is damaged: nobody is asked about it before it is posted again, and the job
    /// is done then.
    StoredPhoto,
    /// Nobody can tell: one attempt of the job is used up.
    Unclear,
}

impl Failure {
    /// For how long the service is left alone because it wants to be, `cap` at most.
    pub fn asked_for(&self, cap: Duration) -> Option<Duration> {
        self.retry_after.filter(|after| !after.is_zero()).map(|after| after.min(cap))
    }

    /// Whose fault it is.
    pub fn blame(&self) -> Blame {
        match self.error.kind {
            JobErrorKind::Refused => Blame::Photo,
            JobErrorKind::NotReady | JobErrorKind::Overloaded | JobErrorKind::Unreachable => {
                Blame::Service
            }
            JobErrorKind::ImageUnavailable => Blame::Us,
            JobErrorKind::ImageDamaged => Blame::StoredPhoto,
            JobErrorKind::Timeout
            | JobErrorKind::ServerError
            | JobErrorKind::BadAnswer
            | JobErrorKind::ImageMissing
            | JobErrorKind::DispatchersDied => Blame::Unclear,
        }
    }
}

/// Why the image store did not give the photo.
pub(super) fn not_read(error: &ImageStoreError) -> JobError {
    match error {
        ImageStoreError::Damaged(_) => JobError::new(
            JobErrorKind::ImageDamaged,
            "the stored photo is damaged: its bytes are not those that were posted. Post the photo \
             again; that mends it, and has this job done",
        ),
        error => JobError::new(JobErrorKind::ImageUnavailable, error.to_string()),
    }
}

/// The photo is gone.
pub(super) fn missing() -> JobError {
    JobError::new(JobErrorKind::ImageMissing, "the photo is not in the image store")
}

impl From<JobError> for Failure {
    fn from(error: JobError) -> Self {
        Self { error, retry_after: None, is_unrouted: false }
    }
}

/// A request that got no answer at all.
impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        let cause = photo_tls::why_not(&error).unwrap_or_else(|| innermost(&error).to_string());
        if error.is_connect() {
            let message = format!("the service cannot be reached: {cause}");
            JobError::new(JobErrorKind::Unreachable, message).into()
        } else {
            // The service took the connection and then dropped it, as one does that crashes over
            // a photo.
            let message = format!("the service broke off before it answered: {cause}");
            JobError::new(JobErrorKind::ServerError, message).into()
        }
    }
}

/// The first cause of an error: what wraps it names URLs and layers that tell a client nothing.
fn innermost(error: &dyn Error) -> &dyn Error {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause
}
