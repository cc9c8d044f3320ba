use photo_core::job::{JobOutcome, Priority};
use photo_core::record::{JobEnd, RecordedJob};
use photo_core::{ImageKey, JobError, JobErrorKind};

use uuid::Uuid;

use super::*;

const HOUR: u64 = 3_600_000;
const NOW: UnixMillis = UnixMillis(10_000 * HOUR);

fn rules(photos: Option<u64>, records: Option<u64>) -> Rules {
    let hours = |hours| Duration::from_millis(hours * HOUR);
    Rules { photos: photos.map(hours), records: records.map(hours), jobs: hours(100) }
}

/// A job that ended so many hours ago, or has not.
fn job(ended: Option<u64>) -> RecordedJob {
    let end = ended.map(|hours| JobEnd {
        model: "any".parse().unwrap(),
        attempts: 1,
        failures: 0,
        started_at: None,
        ended_at: UnixMillis(NOW.0 - hours * HOUR),
        outcome: JobOutcome::Failed(JobError::new(JobErrorKind::Refused, "no")),
        request: None,
    });
    let (request, accepted_at) = (Uuid::nil(), UnixMillis(0));
    RecordedJob { request, accepted_at, priority: Priority::Normal, rerun: false, end }
}

/// An image that last changed so many hours ago.
fn found(photo: bool, jobs: Option<&[(&str, Option<u64>)]>, hours: u64) -> Inspection {
    let record = jobs.map(|jobs| {
        let jobs = jobs.iter().map(|(name, ended)| (name.parse().unwrap(), job(*ended)));
        let mut record = ImageRecord::default();
        record.jobs.extend(jobs);
        record
    });
    let changed_at = UnixMillis(NOW.0 - hours * HOUR);
    let image = ImageKey::from_bytes([7; 16]);
    let (damaged_photo, damaged_record) = (false, false);
    Inspection { image, photo, damaged_photo, damaged_record, record, changed_at }
}

fn compare(jobs: &[(&str, bool)], photo_is_missing: bool) -> Verdict {
    let jobs = jobs.iter().map(|(name, ended)| (name.parse().unwrap(), *ended)).collect();
    Verdict::Compare { jobs, photo_is_missing }
}

#[test]
fn unfinished_jobs_are_compared_however_old_and_finished_ones_while_the_job_store_keeps_them() {
    let jobs = [("open", None), ("fresh", Some(99)), ("old", Some(101))];
    let verdict = rules(None, None).judge(&found(true, Some(&jobs), 5_000), NOW);
    assert_eq!(verdict, compare(&[("fresh", true), ("open", false)], false));
    let verdict = rules(None, None).judge(&found(true, Some(&[("old", Some(101))]), 101), NOW);
    assert_eq!(verdict, Verdict::Leave);
}

#[test]
fn only_what_is_finished_and_past_its_retention_goes() {
    let (open, done) = ([("a", Some(200)), ("b", None)], [("a", Some(200)), ("b", Some(200))]);
    let rules = rules(Some(50), Some(150));
    assert_eq!(rules.judge(&found(true, Some(&done), 49), NOW), Verdict::Leave);
    assert_eq!(rules.judge(&found(true, Some(&done), 51), NOW), Verdict::RemovePhoto);
    assert_eq!(rules.judge(&found(false, Some(&done), 51), NOW), Verdict::Leave);
    assert_eq!(rules.judge(&found(false, Some(&done), 151), NOW), Verdict::RemoveAll);
    assert_eq!(rules.judge(&found(true, Some(&open), 151), NOW), compare(&[("b", false)], false));
}

#[test]
fn a_photo_that_should_be_there_is_missed() {
    let done = [("a", Some(1))];
    let verdict = rules(None, None).judge(&found(false, Some(&done), 1), NOW);
    assert_eq!(verdict, compare(&[("a", true)], true));
    // It may have been removed by its retention.
    let verdict = rules(Some(50), None).judge(&found(false, Some(&done), 1), NOW);
    assert_eq!(verdict, compare(&[("a", true)], false));
    let open = [("a", Some(1)), ("b", None)];
    let verdict = rules(Some(50), None).judge(&found(false, Some(&open), 1), NOW);
    assert_eq!(verdict, compare(&[("a", true), ("b", false)], true));
}

#[test]
fn what_belongs_to_nobody_goes_after_a_day() {
    let rules = rules(None, None);
    assert_eq!(rules.judge(&found(true, None, 23), NOW), Verdict::Leave);
    assert_eq!(rules.judge(&found(true, None, 25), NOW), Verdict::RemoveOrphan);
    assert_eq!(rules.judge(&found(false, None, 25), NOW), Verdict::Leave);
    assert_eq!(rules.judge(&found(true, Some(&[]), 23), NOW), Verdict::Leave);
    assert_eq!(rules.judge(&found(true, Some(&[]), 25), NOW), Verdict::RemoveOrphan);
    let open = [("a", None)];
    assert_eq!(rules.judge(&found(false, Some(&open), 23), NOW), Verdict::Leave);
    let verdict = rules.judge(&found(false, Some(&open), 25), NOW);
    assert_eq!(verdict, Verdict::RemoveUnlessKnown(vec!["a".parse().unwrap()]));
}
