//! The stage that submits photos which the server has.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use photo_core::ImageKey;
use tokio::sync::mpsc::Sender;

use super::queue::Queue;
use super::settled::Way;
use super::{Refusal, Submission};
use crate::ending::Trouble;
use crate::find::Photo;

impl Submission<'_> {
    /// Submits photos by hash, until the queue ends. Those that the server turns out to have lost
    /// meanwhile are passed on to be sent.
    pub(super) async fn submit_stored(
        &self,
        photos: &Queue,
        missing: Sender<Photo>,
    ) -> Result<(), Trouble> {
        loop {
            let photos = photos.take(self.most_photos.load(Ordering::Relaxed), u64::MAX).await;
            if photos.is_empty() {
                return Ok(());
            }
            let mut attempts = self.server.attempts();
            let mut parts = vec![photos];
            while let Some(part) = parts.pop() {
                let keys: Vec<ImageKey> = part.iter().map(|photo| photo.key).collect();
                let error = match self.server.submit_stored(&keys, self.asked).await {
                    Ok(accepted) => {
                        attempts.succeeded();
                        self.accepted(part, accepted, Way::Stored).await;
                        continue;
                    }
                    Err(error) => error,
                };
                let problem = error.problem().cloned();
                match problem {
                    Some(problem) if !problem.missing_images.is_empty() => {
                        let lost: HashSet<ImageKey> = problem.missing_images.into_iter().collect();
                        let (lost, kept): (Vec<Photo>, Vec<Photo>) =
                            part.into_iter().partition(|photo| lost.contains(&photo.key));
                        if lost.is_empty() {
                            // It names others than those it was asked for.
                            return Err(error.into());
                        }
                        for photo in lost {
                            let _ = missing.send(photo).await;
                        }
                        parts.extend((!kept.is_empty()).then_some(kept));
                    }
                    Some(problem) if problem.status == 413 => match self.halve(part) {
                        Ok(halves) => parts.extend(halves),
                        Err(photo) => self.refuse(photo, Refusal::Server(problem.detail)).await,
                    },
                    _ => {
                        attempts.pause(error).await?;
                        parts.push(part);
                    }
                }
            }
        }
    }
}
