//! Reading the numbers of models.

use photo_core::ModelName;
use photo_core::job::ModelStats;
use rusqlite::{Connection, Result};

use crate::embedded::tables::model_queue::ModelQueue;

/// The queues of the models named, in that order, or of all models.
pub(crate) fn stats(
    connection: &Connection,
    models: Option<&[ModelName]>,
) -> Result<Vec<ModelStats>> {
    let Some(models) = models else {
        return Ok(ModelQueue::all(connection)?.iter().map(ModelQueue::stats).collect());
    };
    let of_model =
        |name: &ModelName| Ok(stats_of(name, ModelQueue::find(connection, name)?.as_ref()));
    models.iter().map(of_model).collect()
}

/// The numbers of a model's queue.
pub(crate) fn stats_of(name: &ModelName, queue: Option<&ModelQueue>) -> ModelStats {
    queue.map_or_else(|| nothing(name), ModelQueue::stats)
}

/// The queue of a model that never had a job.
fn nothing(model: &ModelName) -> ModelStats {
    ModelStats {
        model: model.clone(),
        queued: [0; 3],
        waiting: 0,
        running: 0,
        failed: 0,
        counters: ModelStats::COUNTERS.iter().map(|name| ((*name).to_owned(), 0)).collect(),
    }
}
