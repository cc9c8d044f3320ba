//! Reading all photos again and again, slowly, to find those that their disk has damaged.

use std::sync::PoisonError;
use std::time::Duration;

use photo_core::ports::{Examination, ImageStoreError, RecordHealth};
use photo_core::{ImageKey, UnixMillis};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use tracing::{info, warn};

use crate::{Caretaker, Mode, Report, Trouble};

/// How often all photos are read, where the rate allows it.
const EVERY: Duration = Duration::from_hours(7 * 24);

/// What a photo counts for at least, in bytes: to open many small ones is work, too.
const LEAST: u64 = 64 << 10;

/// How long to wait after a store did not answer.
const AWAY: Duration = Duration::from_secs(30);

/// How far the photos are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Verified {
    /// When the first was read.
    began_at: UnixMillis,
    /// The last that was read; `None` once all were.
    last: Option<ImageKey>,
}

impl Caretaker {
    /// Reads all photos, at the configured rate, for ever.
    pub(crate) async fn verify_for_ever(&self) {
        let Some(rate) = self.verify_bytes_per_second else { return };
        loop {
            let (began_at, last) = match self.verified() {
                Some(Verified { began_at, last: Some(last) }) => (began_at, Some(last)),
                Some(Verified { began_at, last: None }) => {
                    let since = self.clock.now().0.saturating_sub(began_at.0);
                    sleep(EVERY.saturating_sub(Duration::from_millis(since))).await;
                    (self.clock.now(), None)
                }
                None => (self.clock.now(), None),
            };
            let mut report = Report::default();
            match self.verify(rate, began_at, last, &mut report).await {
                Ok(()) => {
                    let Report { verified_photos, damaged_photos, checksums_added, .. } = report;
                    info!(
                        verified_photos,
                        damaged_photos, checksums_added, "all photos were read and compared"
                    );
                    self.set_verified(Some(Verified { began_at, last: None }));
                }
                Err(error) => {
                    warn!(%error, "photos cannot be read and compared now");
                    sleep(AWAY).await;
                }
            }
        }
    }

    async fn verify(
        &self,
        rate: u64,
        began_at: UnixMillis,
        last: Option<ImageKey>,
        report: &mut Report,
    ) -> Result<(), Trouble> {
        let how = Examination { deep: true, mend: true, bytes_per_second: Some(rate) };
        let first_shelf = last.map_or(0, |last| last.as_bytes()[0]);
        for shelf in first_shelf..=u8::MAX {
            let images = self.images.list(shelf).await?;
            for image in images.into_iter().filter(|image| last.is_none_or(|last| *image > last)) {
                let bytes = match self.images.examine(image, how).await {
                    Ok(found) => {
                        report.verified_photos += u64::from(found.bytes > 0);
                        report.damaged_photos += u64::from(found.damaged_photo);
                        report.checksums_added += u64::from(found.checksum_added);
                        if found.record == RecordHealth::Mendable {
                            let found = self.images.inspect(&[image]).await?;
                            for found in found {
                                self.fill_in(found, Mode::Mend, report).await?;
                            }
                        }
                        found.bytes
                    }
                    // The walks tell of it.
                    Err(ImageStoreError::Damaged(_)) => 0,
                    Err(error) => return Err(error.into()),
                };
                self.set_verified(Some(Verified { began_at, last: Some(image) }));
                let rest = LEAST.saturating_sub(bytes) * 1_000_000 / rate.max(1);
                sleep(Duration::from_micros(rest)).await;
            }
        }
        Ok(())
    }

    /// How far the photos are read, as it is noted for the next caretaker.
    pub(crate) fn verified(&self) -> Option<Verified> {
        // Nothing that can panic happens under the lock.
        *self.verified.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_verified(&self, verified: Option<Verified>) {
        *self.verified.lock().unwrap_or_else(PoisonError::into_inner) = verified;
    }
}
