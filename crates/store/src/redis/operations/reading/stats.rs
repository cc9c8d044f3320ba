//! Reading the numbers of models.

use photo_core::ModelName;
use photo_core::job::ModelStats;
use photo_core::ports::StoreError;

use crate::redis::RedisJobStore;
use crate::redis::codec::model_stats::{PackedStats, unpack_stats};

/// Reads the numbers of the models named, or of all models.
pub(crate) async fn stats(
    store: &RedisJobStore,
    models: Option<&[ModelName]>,
) -> Result<Vec<ModelStats>, StoreError> {
    let mut call = store.call(&store.scripts.stats);
    call.arg(if models.is_none() { "all" } else { "named" });
    call.arg(ModelStats::COUNTERS.len()).arg(ModelStats::COUNTERS.as_slice());
    for model in models.into_iter().flatten() {
        call.arg(model.as_str());
    }
    let answers: Vec<PackedStats> = store.nearest().run(&call).await?;
    let mut stats =
        answers.into_iter().map(unpack_stats).collect::<Result<Vec<_>, StoreError>>()?;
    if models.is_none() {
        stats.sort_by(|one, other| one.model.cmp(&other.model));
    }
    Ok(stats)
}
