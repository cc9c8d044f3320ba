//! Restoring jobs that ended and were forgotten.

use photo_core::job::{EndedJob, JobOutcome};
use photo_core::ports::StoreError;

use crate::redis::RedisJobStore;
use crate::redis::codec::model_table::ModelTable;
use crate::redis::codec::outcome::{failure, success};
use crate::redis::codec::record::Record;

/// The most jobs of one call, and the most bytes of their outcomes unless one alone has more: no
/// script may hold up the server.
const MOST_JOBS: usize = 500;
const MOST_BYTES: usize = 4 << 20;

/// Restores jobs that ended and were forgotten. Returns how many were unknown.
pub(crate) async fn restore(store: &RedisJobStore, jobs: &[EndedJob]) -> Result<u64, StoreError> {
    let (mut restored, mut left) = (0, jobs);
    while !left.is_empty() {
        let (batch, next) = left.split_at(first_batch(left));
        restored += restore_batch(store, batch).await?;
        left = next;
    }
    Ok(restored)
}

async fn restore_batch(store: &RedisJobStore, jobs: &[EndedJob]) -> Result<u64, StoreError> {
    let (mut models, mut batch) = (ModelTable::default(), Vec::new());
    for job in jobs {
        models.pack_job(&job.id, &mut batch);
        batch.extend(record(job).pack());
    }
    let mut call = store.call(&store.scripts.restore);
    call.arg(batch).arg(models.len());
    models.append_to(&mut call);
    for job in jobs {
        call.arg(match &job.outcome {
            JobOutcome::Succeeded(result) => success(result),
            JobOutcome::Failed(error) | JobOutcome::Cancelled(Some(error)) => failure(error),
            JobOutcome::Cancelled(None) => Vec::new(),
        });
    }
    store.nearest().run(&call).await
}

/// How many of the jobs go into the next call; one at least.
fn first_batch(jobs: &[EndedJob]) -> usize {
    let mut bytes = 0;
    let fits = jobs.iter().take(MOST_JOBS).take_while(|job| {
        bytes += size(&job.outcome);
        bytes <= MOST_BYTES
    });
    fits.count().max(1)
}

/// About how many bytes an outcome takes.
fn size(outcome: &JobOutcome) -> usize {
    match outcome {
        JobOutcome::Succeeded(result) => result.get().len(),
        JobOutcome::Failed(error) | JobOutcome::Cancelled(Some(error)) => error.message.len(),
        JobOutcome::Cancelled(None) => 0,
    }
}

fn record(job: &EndedJob) -> Record {
    Record {
        state: job.outcome.state(),
        cancel_asked: false,
        priority: job.priority,
        claims: u16::try_from(job.attempts).unwrap_or(u16::MAX),
        failures: u16::try_from(job.failures).unwrap_or(u16::MAX),
        submitted_at: job.submitted_at,
        started_at: job.started_at,
        changed_at: job.ended_at,
    }
}

#[cfg(test)]
mod tests {
    use photo_core::job::Priority;
    use photo_core::{ImageKey, JobId, UnixMillis};
    use serde_json::value::RawValue;

    use super::*;

    fn with_result_of(bytes: usize) -> EndedJob {
        let result = RawValue::from_string("1".repeat(bytes)).unwrap();
        EndedJob {
            id: JobId::new(ImageKey::from_bytes([1; 16]), "m".parse().unwrap()),
            priority: Priority::Normal,
            attempts: 1,
            failures: 0,
            submitted_at: UnixMillis(1),
            started_at: Some(UnixMillis(2)),
            ended_at: UnixMillis(3),
            outcome: JobOutcome::Succeeded(result),
        }
    }

    fn first(sizes: &[usize]) -> usize {
        first_batch(&sizes.iter().map(|bytes| with_result_of(*bytes)).collect::<Vec<_>>())
    }

    #[test]
    fn a_batch_is_bounded_in_jobs_and_in_bytes() {
        assert_eq!(first(&[1; 3]), 3);
        assert_eq!(first(&[1; MOST_JOBS + 1]), MOST_JOBS);
        assert_eq!(first(&[MOST_BYTES / 2; 3]), 2);
    }

    #[test]
    fn an_outcome_that_is_larger_than_a_batch_goes_alone() {
        assert_eq!(first(&[MOST_BYTES + 1, 1]), 1);
        assert_eq!(first(&[1, MOST_BYTES + 1]), 1);
    }
}
