//! Reading the jobs of images from the job store, and from the records beside the photos.

use std::collections::HashMap;

use photo_core::ImageKey;
use photo_core::job::JobView;
use photo_core::ports::ImageStoreError;
use photo_core::record::ImageRecord;

use super::model_filter::ModelFilter;
use crate::app::stores::StoreDeadline;
use crate::app::stores::Stores;
use crate::app::stores::StoresError;

/// Reads the jobs of one image.
pub(crate) async fn read_one(
    stores: &Stores,
    image: ImageKey,
    filter: &ModelFilter,
) -> Result<Vec<JobView>, StoresError> {
    let mut jobs = read(stores, &[image], filter, &mut StoreDeadline::new()).await?;
    Ok(jobs.pop().unwrap_or_default())
}

/// Reads the jobs of each image. The images' records still know what the job store has forgotten;
/// and while it is away, they tell what is finished, since that does not change.
pub(crate) async fn read(
    stores: &Stores,
    images: &[ImageKey],
    filter: &ModelFilter,
    deadline: &mut StoreDeadline,
) -> Result<Vec<Vec<JobView>>, StoresError> {
    let (mut jobs, away) = match deadline.wait(stores.jobs.status(images)).await {
        Ok(jobs) => (jobs, None),
        Err(error) => (vec![Vec::new(); images.len()], Some(error)),
    };
    for (image, jobs) in images.iter().zip(&mut jobs) {
        if jobs.is_empty() {
            let record = match stores.images.record(*image).await {
                // What it said is not known any more; the other images are read all the same.
                Err(ImageStoreError::Damaged(_)) => ImageRecord::default(),
                record => record?.unwrap_or_default(),
            };
            jobs.extend(record.jobs.iter().map(|(model, job)| job.view(model)));
        }
        filter.apply(jobs);
    }
    let finished =
        |jobs: &Vec<JobView>| !jobs.is_empty() && jobs.iter().all(|job| job.state.is_final());
    match away {
        Some(error) if !jobs.iter().all(finished) => Err(error.into()),
        _ => Ok(jobs),
    }
}

/// Reads what is known to be wrong with the photos; nothing where that cannot be read.
pub(crate) async fn photo_notes(
    stores: &Stores,
    images: &[ImageKey],
) -> HashMap<ImageKey, Vec<String>> {
    match stores.images.photo_notes(images).await {
        Ok(notes) => notes,
        Err(error) => {
            tracing::debug!(%error, "what is wrong with photos cannot be read");
            HashMap::new()
        }
    }
}
