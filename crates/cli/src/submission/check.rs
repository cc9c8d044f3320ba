//! The stage that asks what the server lacks.

use std::collections::HashSet;

use photo_core::ImageKey;
use tokio::sync::mpsc::Sender;

use super::queue::Queue;
use super::{Settled, Submission};
use crate::ending::Trouble;
use crate::find::Photo;

/// The most photos in one question.
const MOST: usize = 1_000;

impl Submission<'_> {
    /// Sorts photos by what the server has of them, until the queue ends.
    pub(super) async fn check(
        &self,
        photos: &Queue,
        stored: Sender<Photo>,
        missing: Sender<Photo>,
    ) -> Result<(), Trouble> {
        loop {
            let photos = photos.take(MOST, u64::MAX).await;
            if photos.is_empty() {
                return Ok(());
            }
            let keys: Vec<ImageKey> = photos.iter().map(|photo| photo.key).collect();
            let lacking = self.server.check(&keys, &self.asked.models).await?;
            let images: HashSet<ImageKey> = lacking.missing_images.into_iter().collect();
            let jobs: HashSet<ImageKey> =
                lacking.missing_jobs.into_iter().map(|job| job.image).collect();
            for photo in photos {
                // The stages behind this one end after it, or with an error of their own.
                if images.contains(&photo.key) {
                    let _ = missing.send(photo).await;
                } else if jobs.contains(&photo.key) || self.asked.is_of_old_jobs() {
                    let _ = stored.send(photo).await;
                } else {
                    self.settle(Settled::Known(photo)).await;
                }
            }
        }
    }
}
