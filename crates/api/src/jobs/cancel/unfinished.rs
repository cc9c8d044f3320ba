//! Cancelling whatever there is to do for models.

use std::slice;

use photo_core::job::{JobList, JobView, ModelStats};
use photo_core::ports::StoreError;
use photo_core::{ImageKey, ModelName};

use super::step::{Cancelled, STEP, Step};
use crate::app::AppState;
use crate::app::stores::StoresError;

/// How many places of a list are read at once.
const PLACES: u32 = 1_000;

/// The unfinished jobs of models, on their way out.
pub(super) struct Unfinished<'a> {
    pub(super) state: &'a AppState,
    /// How many more jobs may be cancelled.
    pub(super) left: usize,
    pub(super) cancelled: Cancelled,
}

impl Unfinished<'_> {
    /// Cancels the jobs in line and those that wait, and asks for those that run to be. Jobs go on
    /// from list to list meanwhile, so that some may be left, as [`Unfinished::remaining`] tells.
    pub(super) async fn cancel(&mut self, models: &[ModelName]) -> Result<(), StoresError> {
        for model in models {
            for list in JobList::ALL {
                self.cancel_list(model, list).await?;
            }
        }
        Ok(())
    }

    /// How many jobs are in line or wait. Those that run are as good as cancelled.
    pub(super) async fn remaining(&self, models: &[ModelName]) -> Result<u64, StoreError> {
        let stats = self.state.stores.jobs.stats(Some(models)).await?;
        let left = |stats: &ModelStats| stats.queued.iter().sum::<u64>() + stats.waiting;
        Ok(stats.iter().map(left).sum())
    }

    async fn cancel_list(&mut self, model: &ModelName, list: JobList) -> Result<(), StoresError> {
        let (mut from, mut more) = (0, true);
        while more && self.left > 0 {
            let listed = self.state.stores.jobs.unfinished(model, list, from, PLACES).await?;
            let mut images = listed.images;
            // Where a cancelled job was is another one, or nothing. So a slice is read again until
            // nothing is there; but those that run stay where they are.
            let stays = images.is_empty() || list == JobList::Running;
            if stays {
                from = from.saturating_add(PLACES);
            }
            more = listed.more || !stays;
            if list == JobList::Running {
                images = self.not_asked_for(model, images).await?;
            }
            images.truncate(self.left);
            self.left -= images.len();
            for images in images.chunks(STEP) {
                let models = Some(slice::from_ref(model));
                Step { state: self.state, images, models }.cancel(&mut self.cancelled).await?;
            }
        }
        Ok(())
    }

    /// Those of a model's running jobs whose cancellation nobody has asked for.
    async fn not_asked_for(
        &self,
        model: &ModelName,
        images: Vec<ImageKey>,
    ) -> Result<Vec<ImageKey>, StoreError> {
        let mut found = Vec::new();
        for images in images.chunks(STEP) {
            let views = self.state.stores.jobs.status(images).await?;
            let is_one = |view: &JobView| view.model == *model && !view.cancel_asked;
            let of_image = images.iter().zip(&views).filter(|(_, views)| views.iter().any(is_one));
            found.extend(of_image.map(|(image, _)| *image));
        }
        Ok(found)
    }
}
