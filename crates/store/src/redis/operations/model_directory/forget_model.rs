//! Forgetting a model.

use photo_core::ModelName;
use photo_core::job::{ForgetModel, KnownModel};
use photo_core::ports::StoreError;

use crate::redis::RedisJobStore;
use crate::redis::codec::duration::millis;

/// Forgets a model, unless it has unfinished jobs.
pub(crate) async fn forget_model(
    store: &RedisJobStore,
    model: &ModelName,
) -> Result<ForgetModel, StoreError> {
    let mut call = store.call(&store.scripts.forget_model);
    call.arg(model.as_str()).arg(millis(KnownModel::FORGOTTEN_FOR));
    let answer: i64 = store.beat.run(&call).await?;
    Ok(match answer {
        -1 => ForgetModel::Forgotten,
        -2 => ForgetModel::Unknown,
        jobs => ForgetModel::Unfinished(u64::try_from(jobs).unwrap_or_default()),
    })
}
