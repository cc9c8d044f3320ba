//! Reading queues with what tells how long their jobs wait.

use photo_core::job::{LineEnds, ModelStats, QueueView};
use photo_core::ports::StoreError;
use photo_core::{ModelName, UnixMillis};

use crate::redis::RedisJobStore;
use crate::redis::codec::model_stats::{PackedCounts, unpack_stats};
use crate::redis::codec::outcome::parse_error;
use crate::redis::codec::record::parse_model;
use crate::redis::error::unexpected;

/// How many models one script reads, so that it does not hold up others.
const MODELS_PER_CALL: usize = 50;

/// What the script answers per model: its name, its counts, its hold, its endpoints, its lines.
type PackedQueue = (String, PackedCounts, Vec<u8>, Vec<String>, Vec<Vec<u64>>);

/// Reads the queues of the models named, in that order, or of all models.
pub(crate) async fn queues(
    store: &RedisJobStore,
    models: Option<&[ModelName]>,
) -> Result<Vec<QueueView>, StoreError> {
    let models = match models {
        Some(models) => models.to_vec(),
        None => read_queue_names(store).await?,
    };
    let mut queues = Vec::with_capacity(models.len());
    for models in models.chunks(MODELS_PER_CALL) {
        let mut call = store.call(&store.scripts.queues);
        call.arg(LineEnds::LOOK);
        call.arg(ModelStats::COUNTERS.len()).arg(ModelStats::COUNTERS.as_slice());
        for model in models {
            call.arg(model.as_str());
        }
        let answers: Vec<PackedQueue> = store.nearest().run(&call).await?;
        for answer in answers {
            queues.push(unpack_queue(answer)?);
        }
    }
    Ok(queues)
}

async fn read_queue_names(store: &RedisJobStore) -> Result<Vec<ModelName>, StoreError> {
    let names: Vec<String> = store.nearest().run(&store.call(&store.scripts.queue_names)).await?;
    let mut models = names.iter().map(|name| parse_model(name)).collect::<Result<Vec<_>, _>>()?;
    models.sort();
    Ok(models)
}

fn unpack_queue(packed: PackedQueue) -> Result<QueueView, StoreError> {
    let (model, counts, hold, mut announced, lines) = packed;
    announced.sort_unstable();
    let lines = lines.iter().map(|ends| unpack_ends(ends)).collect::<Result<Vec<_>, _>>()?;
    Ok(QueueView {
        stats: unpack_stats((model, counts))?,
        hold: if hold.is_empty() { None } else { Some(parse_error(&hold)?) },
        announced,
        lines: lines.try_into().map_err(|_| unexpected("a queue"))?,
    })
}

fn unpack_ends(ends: &[u64]) -> Result<Option<LineEnds>, StoreError> {
    match *ends {
        [] => Ok(None),
        [first, last, oldest] => Ok(Some(LineEnds {
            first_at: UnixMillis(first),
            last_at: UnixMillis(last),
            oldest_at: UnixMillis(oldest),
        })),
        _ => Err(unexpected("the ends of a line")),
    }
}
