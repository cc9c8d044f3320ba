//! Cancelling jobs.

use photo_core::ports::StoreError;
use photo_core::{ImageKey, JobState, ModelName};

use crate::redis::RedisJobStore;
use crate::redis::codec::record::{parse_model, state};
use crate::redis::error::unexpected;

/// Cancels an image's jobs, those of `models` or all. Running ones are only asked for.
pub(crate) async fn cancel(
    store: &RedisJobStore,
    image: ImageKey,
    models: Option<&[ModelName]>,
) -> Result<Vec<(ModelName, JobState)>, StoreError> {
    let mut call = store.call(&store.scripts.cancel);
    call.arg(image.as_bytes());
    if let Some(models) = models {
        if models.is_empty() {
            return Ok(Vec::new());
        }
        let mut models: Vec<_> = models.iter().map(ModelName::as_str).collect();
        models.sort_unstable();
        models.dedup();
        call.arg(models);
    }
    let answers: Vec<(String, String)> = store.nearest().run(&call).await?;
    let mut answers = answers
        .into_iter()
        .map(|(model, letter)| {
            let letter = letter.bytes().next().ok_or_else(|| unexpected("a job's state"))?;
            Ok((parse_model(&model)?, state(letter)?))
        })
        .collect::<Result<Vec<(ModelName, JobState)>, StoreError>>()?;
    answers.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(answers)
}
