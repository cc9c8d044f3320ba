//! Listing failed jobs.

use photo_core::job::FailedJob;
use photo_core::ports::StoreError;
use photo_core::{ImageKey, ModelName};

use crate::redis::RedisJobStore;
use crate::redis::codec::job_view::read_job;
use crate::redis::error::unexpected;

/// What the script answers per job: the image, the record, the outcome.
type PackedFailure = (Vec<u8>, Vec<u8>, Vec<u8>);

/// Lists failed jobs of a model that can be queued again, at most `most`.
pub(crate) async fn failures(
    store: &RedisJobStore,
    model: &ModelName,
    most: u32,
) -> Result<Vec<FailedJob>, StoreError> {
    if most == 0 {
        return Ok(Vec::new());
    }
    let mut call = store.call(&store.scripts.failures);
    call.arg(model.as_str()).arg(most.min(FailedJob::MOST));
    let answers: Vec<PackedFailure> = store.nearest().run(&call).await?;
    let unpack = |(image, record, outcome): PackedFailure| {
        let image = image.try_into().map_err(|_| unexpected("a failed job"))?;
        let job = read_job(model.as_str().as_bytes(), &record, &[], &outcome)?;
        Ok(FailedJob { image: ImageKey::from_bytes(image), job })
    };
    answers.into_iter().map(unpack).collect()
}
