//! Reading the lists of unfinished jobs slice by slice.

use photo_core::job::{JobList, Listed};
use photo_core::ports::StoreError;
use photo_core::{ImageKey, ModelName};

use crate::redis::RedisJobStore;
use crate::redis::error::unexpected;

/// Reads `count` jobs of a list, beginning with the one at `from`.
pub(crate) async fn unfinished(
    store: &RedisJobStore,
    model: &ModelName,
    list: JobList,
    from: u32,
    count: u32,
) -> Result<Listed, StoreError> {
    let mut call = store.call(&store.scripts.unfinished);
    call.arg(model.as_str());
    match list {
        JobList::Queued(priority) => call.arg("queued").arg(priority as u8),
        JobList::Waiting => call.arg("waiting").arg(0),
        JobList::Running => call.arg("running").arg(0),
    };
    call.arg(from).arg(count);
    let (images, more): (Vec<Vec<u8>>, bool) = store.nearest().run(&call).await?;
    let images = images.into_iter().map(|md5| {
        let md5 = md5.try_into().map_err(|_| unexpected("an image in a list"))?;
        Ok(ImageKey::from_bytes(md5))
    });
    Ok(Listed { images: images.collect::<Result<_, StoreError>>()?, more })
}
