//! Jobs as the scripts answer them.

use photo_core::job::JobView;
use photo_core::ports::StoreError;
use photo_core::{JobState, UnixMillis};

use super::outcome::{Outcome, parse_error};
use super::reader::Reader;
use super::record::{Record, parse_model};
use crate::redis::error::unexpected;

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
