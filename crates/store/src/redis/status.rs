//! Reading how far jobs have come.

use photo_core::job::{JobView, ModelStats};
use photo_core::ports::StoreError;
use photo_core::{ImageKey, JobState, ModelName, UnixMillis};

use super::RedisJobStore;
use super::error::unexpected;
use super::outcome::{Outcome, parse_error};
use super::record::{Reader, Record, parse_model};

/// How many images one script reads, so that neither it nor its answer holds up others.
const IMAGES_PER_CALL: usize = 100;

/// What the script answers per image: its folded jobs, then of each other job the model, the record,
/// what it waits for, and the outcome.
type PackedJobs = Vec<Vec<u8>>;

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
            let answers: Vec<PackedJobs> = self.work.run(&call).await?;
            if answers.len() != images.len() {
                return Err(unexpected("the answer to a status question"));
            }
            for answer in answers {
                views.push(read_jobs(&answer)?);
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

/// Reads all jobs of an image as the script answers them: those that are folded, then of each other the
/// same four that [`read_job`] takes. Answers them in the order of their models.
pub fn read_jobs(packed: &[Vec<u8>]) -> Result<Vec<JobView>, StoreError> {
    let (folded, others) = packed.split_first().ok_or_else(|| unexpected("an image's jobs"))?;
    let (others, []) = others.as_chunks::<4>() else { return Err(unexpected("an image's jobs")) };
    let mut jobs = Vec::new();
    let mut folded = Reader::new(folded);
    while !folded.is_empty() {
        let length = folded.u8()?;
        let model = folded.bytes(length.into())?;
        let record = folded.bytes(Record::SIZE)?;
        let length = folded.u32()?;
        jobs.push(read_job(model, record, &[], folded.bytes(length as usize)?)?);
    }
    for [model, record, reason, outcome] in others {
        jobs.push(read_job(model, record, reason, outcome)?);
    }
    jobs.sort_by(|one, other| one.model.cmp(&other.model));
    Ok(jobs)
}

/// Reads a job as the scripts answer it: its model's name, its record, what it waits for, and its
/// outcome.
pub fn read_job(
    model: &[u8],
    record: &[u8],
    reason: &[u8],
    outcome: &[u8],
) -> Result<JobView, StoreError> {
    let record = Record::parse(record)?;
    let mut view = JobView {
        model: std::str::from_utf8(model)
            .map_err(|_| unexpected("a model's name"))
            .and_then(parse_model)?,
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
