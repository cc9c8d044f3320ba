use photo_format::Dimensions;
use proptest::prelude::*;
use serde_json::value::RawValue;

use super::*;
use crate::{JobError, JobErrorKind, JobState, PhotoFormat, PhotoHasher};

fn info() -> ImageInfo {
    let mut hasher = PhotoHasher::default();
    hasher.update(b"photo");
    let digests = hasher.finish();
    let dimensions = Dimensions { width: 3, height: 2 };
    let (md5, sha256) = (digests.key, digests.sha256);
    let (checksum, format, bytes) = (None, PhotoFormat::Jpeg, 5);
    let (orientation, notes) = (None, Vec::new());
    ImageInfo { md5, sha256, checksum, format, bytes, dimensions, orientation, notes }
}

fn read(text: &[u8]) -> ImageRecord {
    ImageRecord::read(text).unwrap()
}

fn model(name: &str) -> ModelName {
    name.parse().unwrap()
}

fn asked(at: u64, models: &[&str]) -> Acceptance {
    let models = models.iter().map(|name| model(name)).collect();
    let request = Uuid::from_u128(at.into());
    Acceptance { request, at: UnixMillis(at), priority: Priority::Normal, rerun: false, models }
}

fn again(at: u64, models: &[&str]) -> Acceptance {
    Acceptance { rerun: true, ..asked(at, models) }
}

fn ended(name: &str, outcome: JobOutcome) -> RecordLine {
    RecordLine::Ended(Box::new(JobEnd {
        model: model(name),
        attempts: 2,
        failures: 1,
        started_at: Some(UnixMillis(1_500)),
        ended_at: UnixMillis(2_000),
        outcome,
        request: None,
    }))
}

fn result(json: &str) -> JobOutcome {
    JobOutcome::Succeeded(RawValue::from_string(json.to_owned()).unwrap())
}

fn withdrawn(at: u64, models: &[&str]) -> RecordLine {
    let models = models.iter().map(|name| model(name)).collect();
    RecordLine::Withdrawn(Withdrawal { request: Uuid::from_u128(at.into()), models })
}

fn text(lines: &[RecordLine]) -> Vec<u8> {
    lines.iter().flat_map(RecordLine::to_text).collect()
}

fn states(record: &ImageRecord) -> Vec<(&str, Option<JobState>)> {
    let state = |job: &RecordedJob| job.end.as_ref().map(|end| end.outcome.state());
    record.jobs.iter().map(|(name, job)| (name.as_str(), state(job))).collect()
}

#[test]
fn what_was_accepted_and_what_came_of_it_read_back() {
    let error = JobError::new(JobErrorKind::Refused, "no photo").with_status(400);
    let record = read(&text(&[
        RecordLine::Image(info()),
        RecordLine::Accepted(asked(1_000, &["wood", "stone", "iron"])),
        ended("wood", result("{\n  \"a\": 1.50,\r\n \"b\": \"x\\ny\"}")),
        ended("stone", JobOutcome::Failed(error.clone())),
    ]));
    assert_eq!((record.info.as_ref(), record.unreadable), (Some(&info()), 0));
    let (succeeded, failed) = (Some(JobState::Succeeded), Some(JobState::Failed));
    assert_eq!(states(&record), [("iron", None), ("stone", failed), ("wood", succeeded)]);

    let wood = record.jobs["wood"].ended(info().md5).unwrap();
    assert_eq!((wood.attempts, wood.failures), (2, 1));
    assert_eq!((wood.submitted_at, wood.ended_at), (UnixMillis(1_000), UnixMillis(2_000)));
    let JobOutcome::Succeeded(json) = wood.outcome else { panic!() };
    // Numbers stay as the model wrote them; only line breaks between values became spaces.
    assert_eq!(json.get(), "{   \"a\": 1.50,\r  \"b\": \"x\\ny\"}");
    let stone = record.jobs["stone"].ended(info().md5).unwrap();
    assert!(matches!(stone.outcome, JobOutcome::Failed(read) if read == error));
}

#[test]
fn what_was_written_by_two_clocks_is_shown_in_order() {
    let RecordLine::Ended(end) = ended("wood", result("1")) else { unreachable!() };
    let end = JobEnd { started_at: Some(UnixMillis(3_000)), ..*end };
    let record = read(&text(&[
        RecordLine::Image(info()),
        RecordLine::Accepted(asked(1_000, &["wood"])),
        RecordLine::Ended(Box::new(end)),
    ]));
    let wood = record.jobs["wood"].ended(info().md5).unwrap();
    assert_eq!((wood.started_at, wood.ended_at), (Some(UnixMillis(2_000)), UnixMillis(2_000)));
    let shown = record.jobs["wood"].view(&model("wood"));
    assert_eq!((shown.started_at, shown.changed_at), (Some(UnixMillis(2_000)), UnixMillis(2_000)));
}

#[test]
fn half_a_line_costs_only_itself() {
    let mut torn = text(&[RecordLine::Image(info())]);
    let accepted = RecordLine::Accepted(asked(1, &["wood"])).to_text();
    torn.extend(&accepted[..accepted.len() / 2]);
    torn.extend(RecordLine::Accepted(asked(2, &["stone"])).to_text());
    let record = read(&torn);
    assert_eq!((states(&record), record.unreadable), (vec![("stone", None)], 1));
}

#[test]
fn what_was_withdrawn_leaves_what_was_there_before() {
    let done = ended("wood", result("1"));
    let record = read(&text(&[
        RecordLine::Accepted(asked(1, &["wood"])),
        done,
        RecordLine::Accepted(again(2, &["wood", "stone"])),
        withdrawn(2, &["wood", "stone"]),
    ]));
    assert_eq!(states(&record), [("wood", Some(JobState::Succeeded))]);
}

#[test]
fn a_job_asked_for_again_is_open_again() {
    let record = read(&text(&[
        RecordLine::Accepted(asked(1, &["wood"])),
        ended("wood", result("1")),
        RecordLine::Accepted(again(2, &["wood"])),
    ]));
    assert_eq!(states(&record), [("wood", None)]);
    assert!(record.jobs["wood"].rerun);
}

#[test]
fn a_request_withdraws_only_what_is_its_own() {
    let (first, second) = (RecordLine::Accepted(asked(1, &["wood"])), asked(2, &["wood"]));
    let both = [first, RecordLine::Accepted(second)];
    for (gone, left) in [(1, 2), (2, 1)] {
        let record = read(&[text(&both), withdrawn(gone, &["wood"]).to_text()].concat());
        assert_eq!(record.jobs["wood"].accepted_at, UnixMillis(left));
    }
    let none = [withdrawn(2, &["wood"]), withdrawn(1, &["wood"])];
    assert!(read(&[text(&both), text(&none)].concat()).jobs.is_empty());
}

#[test]
fn a_late_line_about_an_earlier_time_changes_nothing() {
    let at = |started: u64, json: &str| {
        let RecordLine::Ended(end) = ended("wood", result(json)) else { panic!() };
        RecordLine::Ended(Box::new(JobEnd { started_at: Some(UnixMillis(started)), ..*end }))
    };
    let first = [RecordLine::Accepted(asked(1, &["wood"])), at(2_000, "2"), at(1_000, "1")];
    let JobOutcome::Succeeded(kept) =
        &read(&text(&first)).jobs["wood"].end.as_ref().unwrap().outcome.clone()
    else {
        panic!()
    };
    assert_eq!(kept.get(), "2");
    let rerun = [RecordLine::Accepted(again(60_000, &["wood"])), at(2_000, "2")];
    assert_eq!(states(&read(&text(&[&first[..], &rerun].concat()))), [("wood", None)]);
}

/// That the job of the request asked at this time is cancelled.
fn cancelled(at: u64, started_at: Option<u64>) -> RecordLine {
    let RecordLine::Ended(end) = ended("wood", JobOutcome::Cancelled(None)) else { panic!() };
    let (request, started_at) = (Some(Uuid::from_u128(at.into())), started_at.map(UnixMillis));
    RecordLine::Ended(Box::new(JobEnd { started_at, request, ..*end }))
}

#[test]
fn a_cancellation_ends_the_job_of_its_request_and_no_other() {
    let (first, second) = (asked(1, &["wood"]), asked(2, &["wood"]));
    let [first, second] = [first, second].map(RecordLine::Accepted);
    let record = read(&text(&[first.clone(), cancelled(1, None)]));
    assert_eq!(states(&record), [("wood", Some(JobState::Cancelled))]);
    let record = read(&text(&[first.clone(), second.clone(), cancelled(1, None)]));
    assert_eq!(states(&record), [("wood", None)], "it was asked for again meanwhile");
    let record = read(&text(&[first, cancelled(1, None), second]));
    assert_eq!(states(&record), [("wood", None)], "it was asked for again");
}

#[test]
fn what_was_done_before_its_dispatcher_heard_of_a_cancellation_is_done() {
    let accepted = RecordLine::Accepted(asked(1, &["wood"]));
    let (cancelled, done) = (cancelled(1, Some(1_500)), ended("wood", result("1")));
    for lines in [[&accepted, &cancelled, &done], [&accepted, &done, &cancelled]] {
        let record = read(&text(&lines.map(Clone::clone)));
        assert_eq!(states(&record), [("wood", Some(JobState::Succeeded))]);
    }
}

#[test]
fn what_ended_while_it_was_asked_for_again_stays_ended() {
    let record = read(&text(&[
        RecordLine::Accepted(asked(1, &["wood"])),
        ended("wood", result("1")),
        RecordLine::Accepted(asked(2, &["wood"])),
    ]));
    assert_eq!(states(&record), [("wood", Some(JobState::Succeeded))]);
}

#[test]
fn a_record_lacks_what_is_new_or_cancelled_or_not_settled() {
    let record = read(&text(&[
        RecordLine::Accepted(asked(1, &["done", "open", "cancelled"])),
        ended("done", result("1")),
        ended("cancelled", JobOutcome::Cancelled(None)),
    ]));
    let all = ["done", "open", "cancelled", "new"];
    // What was accepted a moment ago may still be withdrawn, or not be on the disk.
    let [soon, later] = [2, 2 * UNSETTLED_MS].map(|at| record.lacks(&asked(at, &all)));
    assert_eq!(soon, [model("open"), model("cancelled"), model("new")]);
    assert_eq!(later, [model("cancelled"), model("new")]);
    assert_eq!(record.lacks(&again(2, &all)).len(), 4);
}

proptest! {
    #[test]
    fn any_text_is_a_record(text: Vec<u8>) {
        read(&text);
    }

    #[test]
    fn garbage_between_lines_takes_nothing_away(garbage in "[^\n]{0,40}") {
        let mut all = garbage.clone().into_bytes();
        all.extend(RecordLine::Accepted(asked(1, &["wood"])).to_text());
        all.extend(garbage.as_bytes());
        all.extend(ended("wood", result("[1]")).to_text());
        let record = read(&all);
        prop_assert_eq!(states(&record), [("wood", Some(JobState::Succeeded))]);
    }
}

#[test]
fn the_first_line_alone_says_what_is_known_of_the_photo_unless_it_is_damaged() {
    let lines = [RecordLine::Image(info()), asked(1_000, &["wood"]).into()];
    let whole = text(&lines);
    assert_eq!(ImageRecord::first_info(&whole), Some(info()));
    // The rest may be cut off anywhere, and the line itself nowhere.
    let first = lines[0].to_text();
    assert_eq!(ImageRecord::first_info(&whole[..first.len() + 5]), Some(info()));
    assert_eq!(ImageRecord::first_info(&whole[..first.len() - 5]), None);
    assert_eq!(ImageRecord::first_info(&lines[1].to_text()), None);
    assert_eq!(ImageRecord::first_info(b""), None);
}

#[test]
fn a_record_that_is_written_anew_keeps_what_can_be_read_of_it_as_it_is() {
    let asked = RecordLine::from(asked(1_000, &["wood"])).to_text();
    let damaged = [b"\n{\"image\":\0}\n", &asked[..], b"\nhalf a li", &asked[..3]].concat();
    let first = RecordLine::Image(info()).to_text();
    assert_eq!(rebuild(&damaged, &info(), None), [&first[..], &asked].concat());
    let anew = rebuild(&damaged, &info(), Some(UnixMillis(5_000)));
    assert_eq!(ImageRecord::first_info(&anew), Some(info()));
    let record = read(&anew);
    assert_eq!((record.unreadable, record.jobs.len()), (0, 1));
    // Its image line is not lost, as that is known again.
    let (at, lost_lines, filled_in) = (UnixMillis(5_000), 2, false);
    assert_eq!(record.rebuilt, Some(Rebuilt { at, lost_lines, filled_in }));
}

#[test]
fn a_photo_is_damaged_until_it_is_mended() {
    let at = |at| Moment { at: UnixMillis(at) };
    let damaged = [RecordLine::Image(info()), RecordLine::Damaged(at(1_000))];
    let record = read(&text(&damaged));
    assert_eq!(record.damaged_at, Some(UnixMillis(1_000)));
    assert_eq!(record.notes(), ["The stored photo is damaged; post it again to mend it."]);
    let mended = [&text(&damaged)[..], &RecordLine::Mended(at(2_000)).to_text()].concat();
    assert_eq!(read(&mended).damaged_at, None);
    assert!(!read(&mended).has_notes());
}

#[test]
fn lines_of_a_later_version_are_passed_over_and_kept() {
    let first = RecordLine::from(asked(1_000, &["wood"])).to_text();
    let later = b"\n{\"2:tagged\":{\"tags\":[\"oak\"]}}\n".to_vec();
    let text = [&RecordLine::Image(info()).to_text()[..], &first, &later].concat();
    let record = read(&text);
    assert_eq!((record.unreadable, states(&record)), (0, vec![("wood", None)]));
    assert_eq!(rebuild(&text, &info(), None), text);
    // Whatever else cannot be read is damaged, also what was of this version once.
    for damaged in
        ["{\"1:tagged\":{}}", "{\"2:tagged\":{", "{\"accfpted\":{}}", "{\"2:a\":1,\"b\":2}"]
    {
        assert_eq!(read(damaged.as_bytes()).unreadable, 1, "{damaged}");
    }
}
