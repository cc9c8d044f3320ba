//! The numbers of a model as the scripts answer them.

use photo_core::job::ModelStats;
use photo_core::ports::StoreError;

use super::record::parse_model;
use crate::redis::error::unexpected;

/// What scripts answer of a model: the lines, waiting, running, failed, counters.
pub(crate) type PackedCounts = (Vec<u64>, u64, u64, u64, Vec<u64>);

/// What the script answers per model: its name and its counts.
pub(crate) type PackedStats = (String, PackedCounts);

/// Reads a model's numbers as the scripts answer them.
pub(crate) fn unpack_stats(packed: PackedStats) -> Result<ModelStats, StoreError> {
    let (model, (queued, waiting, running, failed, counters)) = packed;
    Ok(ModelStats {
        model: parse_model(&model)?,
        queued: queued.try_into().map_err(|_| unexpected("a count of jobs"))?,
        waiting,
        running,
        failed,
        counters: ModelStats::COUNTERS.into_iter().map(str::to_owned).zip(counters).collect(),
    })
}
