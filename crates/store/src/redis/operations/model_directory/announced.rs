//! Listing announced endpoints.

use photo_core::job::{AnnouncedEndpoint, Announcement};
use photo_core::ports::StoreError;

use crate::redis::RedisJobStore;
use crate::redis::codec::duration::millis;
use crate::redis::codec::record::parse_model;

/// Lists the endpoints that are remembered, by model and address.
pub(crate) async fn announced(store: &RedisJobStore) -> Result<Vec<AnnouncedEndpoint>, StoreError> {
    let mut call = store.call(&store.scripts.announced);
    call.arg(millis(Announcement::REMEMBERED));
    let answers: Vec<(String, String, i64)> = store.beat.run(&call).await?;
    let mut endpoints = answers
        .into_iter()
        .map(|(model, url, left_ms)| {
            Ok(AnnouncedEndpoint { model: parse_model(&model)?, url, left_ms })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    endpoints.sort_by(|one, other| (&one.model, &one.url).cmp(&(&other.model, &other.url)));
    Ok(endpoints)
}
