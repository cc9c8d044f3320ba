use photo_core::JobErrorKind;
use photo_core::job::{DispatcherId, DispatcherReport, EndpointState};

use super::*;
use crate::app::progress::test_jobs::{NOON, job, queue};

const NOON_TEXT: &str = "2023-11-14T22:13:20.000Z";

fn endpoint(url: &str, state: EndpointState) -> EndpointReport {
    EndpointReport {
        model: "wood".parse().unwrap(),
        url: url.to_owned(),
        state,
        since: (state != EndpointState::Up).then_some(NOON),
        reason: None,
        in_flight: 0,
        untried: false,
    }
}

fn dispatcher(endpoints: &[EndpointReport]) -> DispatcherView {
    let report = DispatcherReport {
        id: DispatcherId::random(),
        host: "host".to_owned(),
        pid: 1,
        version: "1".to_owned(),
        started_at: NOON,
        in_flight: 0,
        stopping: false,
        endpoints: endpoints.to_vec(),
    };
    DispatcherView { report, seen_at: NOON }
}

/// What is said of a job with `at_most` before it, where these dispatchers are alive.
fn said(
    job: &JobView,
    at_most: u64,
    queue: &MeasuredQueue,
    dispatchers: &[DispatcherView],
) -> String {
    let position = QueuePosition { at_most, estimate: Some(at_most / 2) };
    let situation = Situation { job, position, queue, dispatchers, max_attempts: 5 };
    situation.explain(situation.time_left())
}

fn up() -> Vec<DispatcherView> {
    vec![dispatcher(&[endpoint("http://a:1", EndpointState::Up)])]
}

#[test]
fn a_job_in_line_says_how_many_are_before_it_and_how_fast_that_goes() {
    let (job, up) = (job(JobState::Queued), up());
    let rate = |jobs| Some(Rate { jobs, seconds: 20.0 });
    let mut queue = queue(rate(50));
    assert_eq!(
        said(&job, 0, &queue, &up),
        "Next in line; 2.5 a second end of late: done in about 1s."
    );
    assert_eq!(
        said(&job, 300, &queue, &up),
        "In line behind about 150 other jobs of its model, at most 300; 2.5 a second end of \
         late: done in about 1m 1s."
    );
    queue.view.stats.running = 4;
    queue.rate = rate(0);
    assert_eq!(
        said(&job, 0, &queue, &up),
        "Next in line; none has ended in the last 20 s, and 4 are being worked on."
    );
    queue.rate = None;
    assert_eq!(
        said(&job, 0, &queue, &up),
        "Next in line; how fast that goes is not known yet, and 4 are being worked on."
    );
}

#[test]
fn a_job_that_nobody_can_do_says_so() {
    let (job, queue) = (job(JobState::Queued), queue(None));
    assert_eq!(
        said(&job, 0, &queue, &[]),
        "Next in line. No dispatcher is alive to do it: start one."
    );
    let mut stopping = up();
    stopping[0].report.stopping = true;
    assert_eq!(
        said(&job, 0, &queue, &stopping),
        "Next in line, but every dispatcher is stopping: start another one."
    );
    assert_eq!(
        said(&job, 0, &queue, &[dispatcher(&[])]),
        "Next in line, but no dispatcher knows a service of its model: it must be configured, \
         or announce itself."
    );
}

#[test]
fn a_job_whose_model_is_away_says_since_when_and_that_it_is_asked() {
    let reason = JobError::new(JobErrorKind::Unreachable, "connection refused");
    let job = JobView { held_by_model: Some(reason), ..job(JobState::Waiting) };
    let (queue, down) = (queue(None), endpoint("http://a:1", EndpointState::Down));
    let one = said(&job, 9, &queue, &[dispatcher(std::slice::from_ref(&down))]);
    assert_eq!(
        one,
        format!(
            "Waits for its model: connection refused. Its service http://a:1 has been out of \
             use since {NOON_TEXT}. It is asked every second or so whether it can work again; \
             then its jobs go on by themselves."
        )
    );
    let other = endpoint("http://b:1", EndpointState::Resting);
    let both = [dispatcher(&[down.clone(), other]), dispatcher(&[down])];
    let two = said(&job, 9, &queue, &both);
    assert!(two.contains("All its 2 services are out of use, the last one to go since "), "{two}");
    let none = said(&job, 9, &queue, &[dispatcher(&[])]);
    assert_eq!(
        none,
        "Waits for its model: connection refused. As soon as a service for it is configured or \
         announces itself, its jobs go on by themselves."
    );
    assert_eq!(
        said(&job, 9, &queue, &[]),
        "Waits for its model: connection refused. No dispatcher is alive to do it: start one."
    );
}

#[test]
fn a_job_that_waits_for_a_time_says_why() {
    let error = Some(JobError::new(JobErrorKind::Timeout, "no answer within 60 s"));
    let (queue, due_at) = (queue(None), Some(NOON));
    let job = JobView { due_at, error, failures: 2, ..job(JobState::Waiting) };
    assert_eq!(
        said(&job, 9, &queue, &up()),
        format!(
            "Waits until {NOON_TEXT} to be tried again. 2 of at most 5 attempts failed, the \
             last one with: no answer within 60 s."
        )
    );
    let unharmed = JobView { failures: 0, error: None, ..job };
    assert_eq!(
        said(&unharmed, 9, &queue, &up()),
        format!("Waits until {NOON_TEXT}, which uses up no attempt: it could not be done then.")
    );
}

#[test]
fn a_running_job_says_since_when_and_which_attempt_it_is() {
    let (queue, started_at) = (queue(None), Some(NOON));
    let job = JobView { started_at, attempts: 1, ..job(JobState::Running) };
    assert_eq!(
        said(&job, 0, &queue, &up()),
        format!("Being worked on since {NOON_TEXT}: attempt 1.")
    );
    let again = JobView { attempts: 3, failures: 2, ..job.clone() };
    assert_eq!(
        said(&again, 0, &queue, &up()),
        format!("Being worked on since {NOON_TEXT}: attempt 3; 2 of at most 5 failed.")
    );
    let unwanted = JobView { cancel_asked: true, ..job };
    assert_eq!(
        said(&unwanted, 0, &queue, &up()),
        "To be cancelled, as soon as its dispatcher lets go of it."
    );
}
