//! Reading the status of jobs.

use deadpool_redis::redis::cmd;
use photo_core::ImageKey;
use photo_core::job::JobView;
use photo_core::ports::StoreError;

use crate::redis::RedisJobStore;
use crate::redis::codec::job_view::read_jobs;
use crate::redis::error::unexpected;

/// How many images one script reads, so that neither it nor its answer holds up others.
const IMAGES_PER_CALL: usize = 100;

const ANSWER: &str = "the answer to a status question";

/// What the script answers per image: its folded jobs, then of each other job the model, the
/// record, what it waits for, and the outcome.
type PackedJobs = Vec<Vec<u8>>;

/// Reads the jobs of each image.
pub(crate) async fn status(
    store: &RedisJobStore,
    images: &[ImageKey],
) -> Result<Vec<Vec<JobView>>, StoreError> {
    let mut views = Vec::with_capacity(images.len());
    for images in images.chunks(IMAGES_PER_CALL) {
        let folded = read_folded(store, images).await?;
        let others = images.iter().zip(&folded).filter(|(_, folded)| folded.is_none());
        let others: Vec<ImageKey> = others.map(|(image, _)| *image).collect();
        let mut others = read_unfolded(store, &others).await?.into_iter();
        for folded in folded {
            views.push(match folded {
                Some(folded) => read_jobs(&[folded])?,
                None => read_jobs(&others.next().ok_or_else(|| unexpected(ANSWER))?)?,
            });
        }
    }
    Ok(views)
}

/// The jobs of those images that are folded. To ask for them without a script costs a fraction, so
/// it pays though others are asked for twice.
async fn read_folded(
    store: &RedisJobStore,
    images: &[ImageKey],
) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
    let mut command = cmd("MGET");
    for image in images {
        command.arg(store.server.keys().folded(*image));
    }
    let answers: Vec<Option<Vec<u8>>> = store.nearest().run(&command).await?;
    if answers.len() == images.len() { Ok(answers) } else { Err(unexpected(ANSWER)) }
}

async fn read_unfolded(
    store: &RedisJobStore,
    images: &[ImageKey],
) -> Result<Vec<PackedJobs>, StoreError> {
    if images.is_empty() {
        return Ok(Vec::new());
    }
    let mut call = store.call(&store.scripts.status);
    for image in images {
        call.arg(image.as_bytes());
    }
    store.nearest().run(&call).await
}
