//! Why a photo is not done yet.

use std::time::Duration;

use photo_core::job::{DispatcherId, DispatcherReport, Ending, EndpointReport, EndpointState};
use photo_core::{JobError, JobErrorKind, UnixMillis};
use photo_tests::photos::bmp;
use reqwest::StatusCode;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::app::{App, form, json_of, md5};

const MINUTE: Duration = Duration::from_mins(1);

async fn post(app: &App, photos: std::ops::Range<u64>, query: &str) -> Vec<String> {
    let photos: Vec<_> = photos.map(bmp).collect();
    let answer = app.predict_at(&format!("/predict{query}"), form(&photos, &["sharpness"])).await;
    json_of(answer, StatusCode::ACCEPTED).await;
    photos.iter().map(|photo| md5(photo)).collect()
}

async fn job(app: &App, image: &str) -> Value {
    let view = json_of(app.get(&format!("/predict/{image}")).await, StatusCode::OK).await;
    view["jobs"]["sharpness"].clone()
}

/// What is said about a photo's job.
async fn explained(app: &App, image: &str) -> String {
    let job = job(app, image).await;
    job["progress"]["explanation"].as_str().unwrap_or_else(|| panic!("{job}")).to_owned()
}

/// Has a dispatcher say that it is alive and how its service is.
pub async fn report(app: &App, state: EndpointState) {
    report_as(app, state, false).await;
}

/// The same, of a service that it may not have called yet.
pub async fn report_as(app: &App, state: EndpointState, untried: bool) {
    let down = state != EndpointState::Up;
    let endpoint = EndpointReport {
        model: "sharpness".parse().unwrap(),
        url: "http://localhost:1".to_owned(),
        state,
        since: down.then_some(UnixMillis(1_700_000_000_000)),
        reason: down.then(|| "connection refused".to_owned()),
        in_flight: 2,
        untried,
    };
    let report = DispatcherReport {
        id: DispatcherId::random(),
        host: "host".to_owned(),
        pid: 42,
        version: "1.2.3".to_owned(),
        started_at: UnixMillis(1_700_000_000_000),
        in_flight: 3,
        stopping: false,
        endpoints: vec![endpoint],
    };
    app.jobs.report(&report, MINUTE).await.unwrap();
}

#[actix_web::test]
async fn a_job_in_line_tells_its_place() {
    let app = App::start();
    report(&app, EndpointState::Up).await;
    let first = post(&app, 0..1, "").await.remove(0);
    app.clock.advance(MINUTE * 2);
    let middle = post(&app, 1..2, "").await.remove(0);
    app.clock.advance(MINUTE * 2);
    report(&app, EndpointState::Up).await;
    post(&app, 2..21, "").await;
    let high = post(&app, 21..22, "?priority=high").await.remove(0);

    let [first, middle, high] =
        [job(&app, &first).await, job(&app, &middle).await, job(&app, &high).await];
    let place = |job: &Value| {
        [&job["progress"]["ahead_at_most"], &job["progress"]["ahead_estimate"]].map(Clone::clone)
    };
    assert_eq!(place(&first), [21, 1], "{first}");
    assert_eq!(place(&middle), [21, 11], "by the time at which it came, half of them");
    assert_eq!(place(&high), [0, 0]);
    let words = first["progress"]["explanation"].as_str().unwrap();
    let expected = "In line behind about 1 other job of its model, at most 21; ";
    assert!(words.starts_with(expected), "{words}");
    assert!(high["progress"]["explanation"].as_str().unwrap().starts_with("Next in line"));
}

#[actix_web::test]
async fn without_a_dispatcher_a_job_says_that_nobody_is_there_to_do_it() {
    let app = App::start();
    let image = post(&app, 0..1, "").await.remove(0);
    let words = "Next in line. No dispatcher is alive to do it: start one.";
    assert_eq!(explained(&app, &image).await, words);
}

#[actix_web::test]
async fn a_job_whose_service_is_down_says_since_when_and_why() {
    let app = App::start();
    let image = post(&app, 0..1, "").await.remove(0);
    report(&app, EndpointState::Down).await;
    let down = JobError::new(JobErrorKind::Unreachable, "connection refused");
    app.jobs.hold(&"sharpness".parse().unwrap(), Some(&down), MINUTE).await.unwrap();
    let words = explained(&app, &image).await;
    assert!(words.starts_with("Waits for its model: connection refused. "), "{words}");
    assert!(words.contains("out of use since 2023-11-14T22:13:20.000Z"), "{words}");
}

#[actix_web::test]
async fn a_job_that_failed_before_says_when_it_is_tried_again() {
    let app = App::start();
    let image = post(&app, 0..1, "").await.remove(0);
    let claimed = app.claim("sharpness").await.remove(0);
    assert!(explained(&app, &image).await.ends_with(": attempt 1."));
    let error = JobError::new(JobErrorKind::Timeout, "no answer within 60 s");
    app.end(&claimed, Ending::Retry { after: MINUTE, error }).await;
    let job = job(&app, &image).await;
    let words = job["progress"]["explanation"].as_str().unwrap();
    let until = job["waiting"]["until"].as_str().unwrap();
    let expected = format!(
        "Waits until {until} to be tried again. 1 of at most 5 attempts failed, the last one with: \
         no answer within 60 s."
    );
    assert_eq!(words, expected);
}

#[actix_web::test]
async fn what_is_finished_has_no_progress() {
    let app = App::start();
    let image = post(&app, 0..1, "").await.remove(0);
    let claimed = app.claim("sharpness").await.remove(0);
    let result = RawValue::from_string("1".to_owned()).unwrap();
    app.end(&claimed, Ending::Succeeded(result)).await;
    assert_eq!(job(&app, &image).await.get("progress"), None);
}

#[actix_web::test]
async fn many_images_are_told_without_progress() {
    let app = App::start();
    let image = post(&app, 0..1, "").await.remove(0);
    let answer = app.post_json("/predict/status", &json!({"images": [image]})).await;
    let many = json_of(answer, StatusCode::OK).await;
    let one = many["images"][&image]["jobs"]["sharpness"].as_object().unwrap();
    assert!(!one.contains_key("progress"), "{one:?}");
    let mut alone = job(&app, &image).await;
    alone.as_object_mut().unwrap().remove("progress").expect("alone it has one");
    assert_eq!(Value::Object(one.clone()), alone);
}
