//! Reading how far jobs have come.

use photo_core::job::{JobView, ModelStats};
use photo_core::ports::StoreError;
use photo_core::{ImageKey, JobState, ModelName, UnixMillis};

use super::RedisJobStore;
use super::error::unexpected;
use super::outcome::{Outcome, parse_error};
use super::record::{Record, parse_model};

/// How many images one script reads, so that neither it nor its answer holds up others.
const IMAGES_PER_CALL: usize = 100;

/// What the script answers per job: the model, the record, what it waits for, the outcome.
type PackedJob = (String, Vec<u8>, Vec<u8>, Vec<u8>);

/// What scripts answer of a model: the lines, waiting, running, failed, counters.
pub(super) type PackedCounts = (Vec<u64>, u64, u64, u64, Vec<u64>);

/// What the script answers per model: its name and its counts.
pub(super) type PackedStats = (String, PackedCounts);

impl RedisJobStore {
    pub(super) async fn read_status(
        &self,
        images: &[ImageKey],
    ) -> Result<Vec<Vec<JobView>>, StoreError> {
        let mut views = Vec::with_capacity(images.len());
        for images in images.chunks(IMAGES_PER_CALL) {
            let mut call = self.call(&self.scripts.status);
            for image in images {
                call.arg(image.as_bytes());
            }
            let answers: Vec<Vec<PackedJob>> = self.work.run(&call).await?;
            if answers.len() != images.len() {
                return Err(unexpected("the answer to a status question"));
            }
            for jobs in answers {
                let mut jobs = jobs
                    .into_iter()
                    .map(|(model, record, reason, outcome)| {
                        read_job(&model, &record, &reason, &outcome)
                    })
                    .collect::<Result<Vec<JobView>, StoreError>>()?;
                jobs.sort_by(|one, other| one.model.cmp(&other.model));
                views.push(jobs);
            }
        }
        Ok(views)
    }

    pub(super) async fn read_stats(
        &self,
        models: Option<&[ModelName]>,
    ) -> Result<Vec<ModelStats>, StoreError> {
        let mut call = self.call(&self.scripts.stats);
        call.arg(if models.is_none() { "all" } else { "named" });
        call.arg(ModelStats::COUNTERS.len()).arg(ModelStats::COUNTERS.as_slice());
        for model in models.into_iter().flatten() {
            call.arg(model.as_str());
        }
        let answers: Vec<PackedStats> = self.work.run(&call).await?;
        let mut stats =
            answers.into_iter().map(unpack_stats).collect::<Result<Vec<_>, StoreError>>()?;
        if models.is_none() {
            stats.sort_by(|one, other| one.model.cmp(&other.model));
        }
        Ok(stats)
    }
}

/// Reads a job as the scripts answer it: its model's name, its record, what it waits for, and its
/// outcome.
pub fn read_job(
    model: &str,
    record: &[u8],
    reason: &[u8],
    outcome: &[u8],
) -> Result<JobView, StoreError> {
    let record = Record::parse(record)?;
    let mut view = JobView {
        model: parse_model(model)?,
        state: record.state,
        priority: record.priority,
        attempts: record.claims.into(),
        failures: record.failures.into(),
        cancel_asked: record.cancel_asked,
        submitted_at: record.submitted_at,
        started_at: record.started_at,
        changed_at: record.changed_at,
        due_at: None,
        held_by_model: None,
        result: None,
        error: None,
    };
    match Outcome::parse(outcome)? {
        Some(Outcome::Result(result)) => view.result = Some(result),
        Some(Outcome::Error(error)) => view.error = Some(error),
        None => {}
    }
    if record.state == JobState::Waiting {
        let due = std::str::from_utf8(reason).ok().and_then(|text| text.parse().ok());
        view.due_at = Some(UnixMillis(due.ok_or_else(|| unexpected("a waiting time"))?));
    } else if !reason.is_empty() {
        view.held_by_model = Some(parse_error(reason)?);
        view.state = JobState::Waiting;
    }
    Ok(view)
}

/// Reads a model's numbers as the scripts answer them.
pub(super) fn unpack_stats(packed: PackedStats) -> Result<ModelStats, StoreError> {
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
