//! Cancelling all unfinished jobs of models.

use std::slice;

use photo_core::job::{JobList, JobView, ModelStats};
use photo_core::ports::StoreError;
use photo_core::{ImageKey, ModelName};

use super::step::{CancelStep, CancelledJobs, MAX_IMAGES_TOGETHER};
use crate::app::AppState;
use crate::app::stores::StoresError;

/// How many places of a list are read at once.
const MAX_PLACES_READ: u32 = 1_000;

/// The unfinished jobs of models, while they are being cancelled.
pub(super) struct UnfinishedJobs<'a> {
    pub(super) state: &'a AppState,
    /// How many more jobs may be cancelled.
    pub(super) left: usize,
    pub(super) cancelled: CancelledJobs,
}

impl UnfinishedJobs<'_> {
    /// Cancels queued and waiting jobs, and asks for running jobs to be cancelled. Jobs move from
    /// list to list meanwhile, so that some may be left, as [`UnfinishedJobs::remaining`] tells.
    pub(super) async fn cancel(&mut self, models: &[ModelName]) -> Result<(), StoresError> {
        for model in models {
            for list in JobList::ALL {
                self.cancel_list(model, list).await?;
            }
        }
        Ok(())
    }

    /// Returns how many jobs are queued or wait. Running jobs are as good as cancelled.
    pub(super) async fn remaining(&self, models: &[ModelName]) -> Result<u64, StoreError> {
        let stats = self.state.stores.jobs.stats(Some(models)).await?;
        let left = |stats: &ModelStats| stats.queued.iter().sum::<u64>() + stats.waiting;
        Ok(stats.iter().map(left).sum())
    }

    async fn cancel_list(&mut self, model: &ModelName, list: JobList) -> Result<(), StoresError> {
        let (mut from, mut more) = (0, true);
        while more && self.left > 0 {
            let listed =
                self.state.stores.jobs.unfinished(model, list, from, MAX_PLACES_READ).await?;
            let mut images = listed.images;
            // Where a cancelled job was is another one, or nothing. So a slice is read again until
            // nothing is there; but those that run stay where they are.
            let stays = images.is_empty() || list == JobList::Running;
            if stays {
                from = from.saturating_add(MAX_PLACES_READ);
            }
            more = listed.more || !stays;
            if list == JobList::Running {
                images = self.not_asked_for(model, images).await?;
            }
            images.truncate(self.left);
            self.left -= images.len();
            for images in images.chunks(MAX_IMAGES_TOGETHER) {
                let models = Some(slice::from_ref(model));
                CancelStep { state: self.state, images, models }
                    .cancel(&mut self.cancelled)
                    .await?;
            }
        }
        Ok(())
    }

    /// Returns the images among `images` whose running job of this model has not been asked to
    /// cancel.
    async fn not_asked_for(
        &self,
        model: &ModelName,
        images: Vec<ImageKey>,
    ) -> Result<Vec<ImageKey>, StoreError> {
        let mut found = Vec::new();
        for images in images.chunks(MAX_IMAGES_TOGETHER) {
            let views = self.state.stores.jobs.status(images).await?;
            let is_one = |view: &JobView| view.model == *model && !view.cancel_asked;
            let of_image = images.iter().zip(&views).filter(|(_, views)| views.iter().any(is_one));
            found.extend(of_image.map(|(image, _)| *image));
        }
        Ok(found)
    }
}
