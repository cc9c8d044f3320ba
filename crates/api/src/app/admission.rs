//! Admission control: how many uploads, and how many bytes of photos, one api receives at the same
//! time.
//!
//! What is beyond the limits is refused at once and not kept waiting: a client that is told so can
//! come back or go to another api, and the uploads let in stay as fast as they are.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use actix_web::http::StatusCode;
use photo_config::ApiConfig;
use thiserror::Error;

use crate::http::problem::Problem;

/// How long clients are asked to wait for a permit to upload, in seconds. Most uploads take
/// less.
const RETRY_BUSY_SECONDS: u64 = 1;

/// Why an upload is not let in, or not to its end.
#[derive(Debug, Error)]
pub(crate) enum AdmissionError {
    /// As many uploads as there may be are under way.
    #[error(
        "The server is receiving {limit} uploads, as many as it takes at the same time. Nothing of the \
         request was read; send it again in a moment."
    )]
    TooManyUploads { limit: usize },
    /// The photos on their way in have as many bytes as they may.
    #[error(
        "The photos that the server is receiving now have {limit} bytes, as many as it takes at the \
         same time, or would have with this request. Nothing of it was kept; send it again in a moment."
    )]
    SpoolFull { limit: u64 },
    /// A request of more bytes than all uploads together may have.
    #[error("A request may have {limit} bytes at most. Send the photos in several requests.")]
    TooManyBytes { limit: u64 },
}

/// The uploads under way in this process.
#[derive(Debug)]
pub(crate) struct AdmissionControl {
    max_uploads: usize,
    max_bytes: u64,
    uploads: AtomicUsize,
    bytes: AtomicU64,
}

/// The permit of one upload under way; what it takes up is given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Admission {
    control: Arc<AdmissionControl>,
    bytes: u64,
}

impl AdmissionControl {
    pub(crate) fn new(config: &ApiConfig) -> Self {
        Self {
            max_uploads: config.max_uploads,
            max_bytes: config.max_spool_bytes.as_u64(),
            uploads: AtomicUsize::new(0),
            bytes: AtomicU64::new(0),
        }
    }

    /// Admits an upload, or refuses it before any of it is read. `announced` is the length it says
    /// it has: an upload for which there is no room now is not begun.
    pub(crate) fn admit(
        self: &Arc<Self>,
        announced: Option<u64>,
    ) -> Result<Admission, AdmissionError> {
        // Taken first and given back by the drop, so that the limits hold when several come at
        // once.
        let others = self.uploads.fetch_add(1, Ordering::Relaxed);
        let admission = Admission { control: Arc::clone(self), bytes: 0 };
        if others >= self.max_uploads {
            return Err(self.too_many_uploads());
        }
        let announced = announced.unwrap_or(0);
        if announced > self.max_bytes {
            return Err(AdmissionError::TooManyBytes { limit: self.max_bytes });
        }
        if announced > self.max_bytes.saturating_sub(self.bytes.load(Ordering::Relaxed)) {
            return Err(AdmissionError::SpoolFull { limit: self.max_bytes });
        }
        Ok(admission)
    }

    /// Returns why no upload is admitted while all permits are taken.
    pub(crate) fn too_many_uploads(&self) -> AdmissionError {
        AdmissionError::TooManyUploads { limit: self.max_uploads }
    }

    /// Whether all permits are taken now.
    pub(crate) fn is_full(&self) -> bool {
        self.uploads.load(Ordering::Relaxed) >= self.max_uploads
    }
}

impl Admission {
    /// Counts bytes that are about to be written; fails if they would exceed the limit.
    pub(crate) fn take(&mut self, bytes: usize) -> Result<(), AdmissionError> {
        let (bytes, limit) = (bytes as u64, self.control.max_bytes);
        self.bytes += bytes;
        let all = self.control.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if self.bytes > limit {
            Err(AdmissionError::TooManyBytes { limit })
        } else if all > limit {
            Err(AdmissionError::SpoolFull { limit })
        } else {
            Ok(())
        }
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.control.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
        self.control.uploads.fetch_sub(1, Ordering::Relaxed);
    }
}

impl From<AdmissionError> for Problem {
    fn from(error: AdmissionError) -> Self {
        let busy = |title| {
            Self::new(StatusCode::TOO_MANY_REQUESTS, title, &error)
                .with_retry_after(RETRY_BUSY_SECONDS)
        };
        match error {
            AdmissionError::TooManyUploads { .. } => busy("Too many uploads"),
            AdmissionError::SpoolFull { .. } => busy("Too many bytes under way"),
            AdmissionError::TooManyBytes { .. } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "Request too large", &error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use photo_config::Config;
    use serde_json::json;

    use super::*;

    fn control() -> Arc<AdmissionControl> {
        let limits = json!({"api": {"max_uploads": 2, "max_spool_bytes": "100B"}});
        let config = Config::load(&json!({}), None, &limits).unwrap();
        Arc::new(AdmissionControl::new(&config.api))
    }

    #[test]
    fn a_place_is_free_again_when_its_upload_is_over() {
        let control = control();
        let first = control.admit(None).unwrap();
        assert!(!control.is_full());
        let _second = control.admit(None).unwrap();
        assert!(control.is_full());
        for _ in 0..3 {
            assert!(matches!(
                control.admit(None),
                Err(AdmissionError::TooManyUploads { limit: 2 })
            ));
        }
        drop(first);
        control.admit(None).unwrap();
    }

    #[test]
    fn bytes_are_counted_over_all_uploads_and_given_back() {
        let control = control();
        let mut first = control.admit(Some(60)).unwrap();
        first.take(60).unwrap();
        assert!(matches!(control.admit(Some(41)), Err(AdmissionError::SpoolFull { .. })));
        let mut second = control.admit(None).unwrap();
        second.take(40).unwrap();
        assert!(matches!(second.take(1), Err(AdmissionError::SpoolFull { .. })));
        drop(second);
        first.take(40).unwrap();
        drop(first);
        assert_eq!(control.bytes.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn what_there_is_never_room_for_is_not_asked_to_come_back() {
        let control = control();
        assert!(matches!(
            control.admit(Some(101)),
            Err(AdmissionError::TooManyBytes { limit: 100 })
        ));
        let mut alone = control.admit(None).unwrap();
        assert!(matches!(alone.take(101), Err(AdmissionError::TooManyBytes { limit: 100 })));
    }
}
