//! Reading how far jobs have come.

use deadpool_redis::redis::cmd;
use photo_core::job::{JobView, ModelStats};
use photo_core::ports::StoreError;
use photo_core::{ImageKey, JobState, ModelName, UnixMillis};

use super::RedisJobStore;
use super::error::unexpected;
use super::outcome::{Outcome, parse_error};
use super::record::{Reader, Record, parse_model};

/// How many images one script reads, so that neither it nor its answer holds up others.
const IMAGES_PER_CALL: usize = 100;

const ANSWER: &str = "the answer to a status question";

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
            let folded = self.read_folded(images).await?;
            let others = images.iter().zip(&folded).filter(|(_, folded)| folded.is_none());
            let others: Vec<ImageKey> = others.map(|(image, _)| *image).collect();
            let mut others = self.read_unfolded(&others).await?.into_iter();
            for folded in folded {
                views.push(match folded {
                    Some(folded) => read_jobs(&[folded])?,
                    None => read_jobs(&others.next().ok_or_else(|| unexpected(ANSWER))?)?,
                });
            }
        }
        Ok(views)
    }

    /// The jobs of those images that are folded. To ask for them without a script costs a fraction, so
    /// it pays though others are asked for twice.
    async fn read_folded(&self, images: &[ImageKey]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let mut command = cmd("MGET");
        for image in images {
            command.arg(self.server.keys().folded(*image));
        }
        let answers: Vec<Option<Vec<u8>>> = self.nearest().run(&command).await?;
        if answers.len() == images.len() { Ok(answers) } else { Err(unexpected(ANSWER)) }
    }

    async fn read_unfolded(&self, images: &[ImageKey]) -> Result<Vec<PackedJobs>, StoreError> {
        if images.is_empty() {
            return Ok(Vec::new());
        }
        let mut call = self.call(&self.scripts.status);
        for image in images {
            call.arg(image.as_bytes());
        }
        self.nearest().run(&call).await
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
        let answers: Vec<PackedStats> = self.nearest().run(&call).await?;
        let mut stats =
            answers.into_iter().map(unpack_stats).collect::<Result<Vec<_>, StoreError>>()?;
        if models.is_none() {
            stats.sort_by(|one, other| one.model.cmp(&other.model));
        }
        Ok(stats)
    }
}

/// Reads all jobs of an image as the script answers them: those that are folded, in the form that
/// `prelude.lua` calls `FOLDED`, then of each other the
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
        started_at: record.started_at.map(|at| at.min(record.changed_at)),
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

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &[u8] =
        b"S\x01\x00\x01\x00\x00\x00\x00\x06\x0a\x24\x18\x1e\x40\x00\x01\x8b\xcf\xe5\x68\x7b\x01\x8b\xcf\xe5\x68\x7c";

    fn folded(model: &str, outcome: &str) -> Vec<u8> {
        let length = u8::try_from(model.len()).unwrap();
        let outcome_length = u32::try_from(outcome.len()).unwrap().to_be_bytes();
        [&[length], model.as_bytes(), RECORD, &outcome_length, outcome.as_bytes()].concat()
    }

    #[test]
    fn jobs_read_in_the_order_of_their_models_folded_or_not() {
        let first = [folded("c", "S1"), folded("a", "S2")].concat();
        let other = [b"b".to_vec(), RECORD.to_vec(), Vec::new(), b"S3".to_vec()];
        let jobs = read_jobs(&[vec![first], other.to_vec()].concat()).unwrap();
        let read: Vec<_> = jobs
            .iter()
            .map(|job| (job.model.as_str(), job.result.as_ref().unwrap().get()))
            .collect();
        assert_eq!(read, [("a", "2"), ("b", "3"), ("c", "1")]);
        assert!(read_jobs(&[Vec::new()]).unwrap().is_empty());
    }

    #[test]
    fn jobs_that_are_cut_off_are_an_error() {
        let whole = folded("a", "S2");
        for length in 1..whole.len() {
            assert!(read_jobs(&[whole[..length].to_vec()]).is_err(), "{length} bytes");
        }
        assert!(read_jobs(&[Vec::new(), b"a".to_vec()]).is_err());
        assert!(read_jobs(&[]).is_err());
    }
}
