//! Jobs as they are kept in Redis: the lengths of the model's name, of the record and of what it
//! waits for, and then these and the outcome.

use photo_core::JobState;
use photo_store::redis::{read_job, read_jobs};

/// Whatever the server answers is a job that clients can be shown, or is refused.
pub fn check(input: &[u8]) {
    // As the folded jobs of an image it is read or refused.
    let _ = read_jobs(&[input.to_vec()]);
    let Some((lengths, rest)) = input.split_first_chunk::<3>() else { return };
    let mut rest = rest;
    let [model, record, reason] = lengths.map(|length| {
        let (part, behind) = rest.split_at(rest.len().min(length.into()));
        rest = behind;
        part
    });
    let Ok(job) = read_job(model, record, reason, rest) else { return };
    assert_eq!(job.model.as_str().as_bytes(), model);
    assert!(job.result.is_none() || job.error.is_none());
    assert!(job.due_at.is_none() || job.state == JobState::Waiting);
    let moments = [Some(job.submitted_at), Some(job.changed_at), job.started_at, job.due_at];
    for moment in moments.into_iter().flatten() {
        assert!(serde_json::to_value(moment).is_ok_and(|shown| shown.is_string()), "{moment:?}");
    }
    assert!(serde_json::to_string(&(job.result, job.error, job.held_by_model)).is_ok());
}
