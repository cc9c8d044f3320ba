//! Photos that are stored before anything is measured.

use std::path::Path;

use bytes::Bytes;
use photo_core::job::Priority;
use photo_core::ports::{ImageLimits, ImageStore};
use photo_core::record::Acceptance;
use photo_core::{Clock, ImageKey, ModelName};
use photo_store::images::LocalImages;
use uuid::Uuid;

use crate::photos::photo::Photo;

/// How many photos are stored together.
const TOGETHER: usize = 100;

/// Stores so many copies of a photo, durably, as accepted for one model.
pub async fn store(
    folder: &Path,
    photo: &Photo,
    count: usize,
    model: &ModelName,
) -> anyhow::Result<Vec<ImageKey>> {
    let images = LocalImages::open(folder)?;
    let asked = Acceptance {
        request: Uuid::new_v4(),
        at: Clock::default().now(),
        priority: Priority::Normal,
        rerun: false,
        models: vec![model.clone()],
    };
    let limits = ImageLimits { max_bytes: u64::MAX, max_pixels: u64::MAX };
    let mut stored = Vec::with_capacity(count);
    while stored.len() < count {
        let mut upload = images.begin(limits).await?;
        for _ in 0..TOGETHER.min(count - stored.len()) {
            let (begin, rest) = photo.copy();
            upload.write(Bytes::from(begin)).await?;
            upload.write(rest).await?;
            upload.end_image().await?;
        }
        stored.extend(upload.commit(&asked).await?.into_iter().map(|committed| committed.image));
    }
    Ok(stored)
}
