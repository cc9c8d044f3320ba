//! Making records durable, those of many images together.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::join_all;
use photo_core::ImageKey;
use photo_core::ports::ImageStoreError;

use super::file;
use crate::images::damage::damaged_image;
use crate::images::shards::Shards;
use crate::images::{SYNCING, blocking, disk_error};

/// Syncs the readable records of all these images, several at the same time: one after the other
/// each would wait for a commit of the file system of its own.
pub(crate) async fn sync_all(
    shards: Arc<Shards>,
    images: &[ImageKey],
) -> Result<(), ImageStoreError> {
    let images: Vec<ImageKey> =
        images.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let share = images.len().div_ceil(SYNCING).max(1);
    let shares = images.chunks(share).map(|images| {
        let (shards, images) = (Arc::clone(&shards), images.to_vec());
        blocking(move || {
            let sync = |image| match file::sync(&shards.root, image) {
                Err(error) if damaged_image(&error).is_some() => Ok(()),
                synced => synced,
            };
            images.into_iter().try_for_each(sync).map_err(disk_error)
        })
    });
    join_all(shares).await.into_iter().collect()
}
