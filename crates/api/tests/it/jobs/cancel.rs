//! Jobs that nobody wants any more.

use std::sync::atomic::Ordering;
use std::time::Duration;

use photo_core::JobState;
use photo_core::job::{Ending, JobOutcome};
use photo_tests::photos::bmp;
use reqwest::StatusCode;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::app::{App, form, json_of, md5, problem};

const BOTH: [&str; 2] = ["sharpness", "average_color"];

async fn post(app: &App, photo: u64, models: &[&str]) -> String {
    json_of(app.predict(form(&[bmp(photo)], models)).await, StatusCode::ACCEPTED).await;
    md5(&bmp(photo))
}

async fn cancel(app: &App, body: Value) -> Value {
    json_of(app.post_json("/predict/cancel", &body).await, StatusCode::OK).await["jobs"].clone()
}

fn job(image: &str, model: &str, state: &str) -> Value {
    json!({"image": image, "model": model, "state": state})
}

fn succeeded() -> Ending {
    Ending::Succeeded(RawValue::from_string("{\"n\": 1}".to_owned()).unwrap())
}

fn hand_back() -> Ending {
    Ending::Release { after: Duration::ZERO, error: None }
}

#[actix_web::test]
async fn all_jobs_of_an_image_are_cancelled_or_those_of_the_models_named() {
    let app = App::start();
    let (one, two) = (post(&app, 1, &BOTH).await, post(&app, 2, &BOTH).await);
    let jobs = cancel(&app, json!({"images": [one]})).await;
    let both = ["average_color", "sharpness"].map(|model| job(&one, model, "CANCELLED"));
    assert_eq!(jobs, json!(both));
    let jobs = cancel(&app, json!({"images": [two, two], "models": ["sharpness"]})).await;
    assert_eq!(jobs, json!([job(&two, "sharpness", "CANCELLED")]));
    assert!(app.claim("sharpness").await.is_empty());
    assert_eq!(app.claim("average_color").await.len(), 1);
}

#[actix_web::test]
async fn cancelled_jobs_are_not_done_after_all_by_a_job_store_that_is_filled_again() {
    let app = App::start();
    let image = post(&app, 1, &BOTH).await;
    cancel(&app, json!({"images": [image], "models": ["sharpness"]})).await;
    let known = app.refilled(&image).await;
    assert_eq!(known["sharpness"], JobState::Cancelled);
    assert_eq!(known["average_color"], JobState::Queued);
}

#[actix_web::test]
async fn what_was_cancelled_stays_so_after_a_power_failure() {
    let app = App::start();
    let images = [post(&app, 1, &BOTH).await, post(&app, 2, &BOTH).await];
    app.claim("average_color").await;
    for image in &images {
        cancel(&app, json!({"images": [image]})).await;
        let known = app.refilled_after_power_failure(image).await;
        assert_eq!(BOTH.map(|model| known[model]), [JobState::Cancelled; 2]);
    }
    // An ending is none of what clients were promised: it can be computed again.
    let image = post(&app, 3, &["sharpness"]).await;
    let outcome = JobOutcome::Succeeded(RawValue::from_string("1".to_owned()).unwrap());
    app.write_down_all(std::slice::from_ref(&image), "sharpness", outcome).await;
    assert_eq!(app.refilled(&image).await["sharpness"], JobState::Succeeded);
    let known = app.refilled_after_power_failure(&image).await;
    assert_eq!(known["sharpness"], JobState::Queued);
}

#[actix_web::test]
async fn what_cannot_be_written_down_is_cancelled_and_said_to_be_no_more_than_that() {
    let app = App::start();
    let posted: Vec<_> = (0..30).map(bmp).collect();
    json_of(app.predict(form(&posted, &["sharpness"])).await, StatusCode::ACCEPTED).await;
    let images: Vec<_> = posted.iter().map(|photo| md5(photo)).collect();
    app.images.full.store(true, Ordering::SeqCst);
    let answer = app.post_json("/predict/cancel", &json!({"images": images})).await;
    let body = problem(answer, StatusCode::SERVICE_UNAVAILABLE).await;
    assert_eq!(body["title"], "Not written down");
    assert!(app.claim("sharpness").await.is_empty(), "those of later steps are cancelled too");
    app.images.full.store(false, Ordering::SeqCst);
    cancel(&app, json!({"images": images})).await;
    for image in &images {
        let known = app.refilled_after_power_failure(image).await;
        assert_eq!(known["sharpness"], JobState::Cancelled);
    }
}

#[actix_web::test]
async fn a_running_job_is_cancelled_when_its_dispatcher_lets_go_of_it() {
    let app = App::start();
    let image = post(&app, 1, &["sharpness"]).await;
    let claimed = app.claim("sharpness").await.remove(0);
    let jobs = cancel(&app, json!({"images": [image]})).await;
    assert_eq!(jobs, json!([job(&image, "sharpness", "RUNNING")]));
    assert_eq!(app.refilled(&image).await["sharpness"], JobState::Cancelled);
    app.end(&claimed, hand_back()).await;
    assert_eq!(app.states(&image).await["sharpness"], "CANCELLED");
    assert_eq!(app.refilled(&image).await["sharpness"], JobState::Cancelled);
}

#[actix_web::test]
async fn a_result_that_came_before_the_cancellation_was_heard_of_counts() {
    let app = App::start();
    let image = post(&app, 1, &["sharpness"]).await;
    let claimed = app.claim("sharpness").await.remove(0);
    cancel(&app, json!({"images": [image]})).await;
    app.end(&claimed, succeeded()).await;
    app.write_down(&claimed, "{\"n\": 1}");
    assert_eq!(app.refilled(&image).await["sharpness"], JobState::Succeeded);
    let jobs = cancel(&app, json!({"images": [image]})).await;
    assert_eq!(jobs, json!([job(&image, "sharpness", "SUCCEEDED")]));
    assert_eq!(app.refilled(&image).await["sharpness"], JobState::Succeeded);
}

#[actix_web::test]
async fn a_cancelled_job_that_is_asked_for_again_is_done_whatever_the_job_store_loses() {
    let app = App::start();
    let image = post(&app, 1, &["sharpness"]).await;
    cancel(&app, json!({"images": [image]})).await;
    post(&app, 1, &["sharpness"]).await;
    assert_eq!(app.states(&image).await["sharpness"], "QUEUED");
    assert_eq!(app.refilled(&image).await["sharpness"], JobState::Queued);
}

#[actix_web::test]
async fn cancelling_again_changes_nothing() {
    let app = App::start();
    let image = post(&app, 1, &["sharpness"]).await;
    let first = cancel(&app, json!({"images": [image]})).await;
    let record = || app.image_files().into_iter().find(|it| it.extension().unwrap() == "jsonl");
    let before = std::fs::read(record().unwrap()).unwrap();
    assert_eq!(cancel(&app, json!({"images": [image]})).await, first);
    assert_eq!(std::fs::read(record().unwrap()).unwrap(), before);
}

#[actix_web::test]
async fn a_job_that_the_job_store_lost_is_cancelled_before_it_comes_back() {
    let app = App::start();
    let image = post(&app, 1, &["sharpness"]).await;
    app.lose_jobs();
    let jobs = cancel(&app, json!({"images": [image]})).await;
    assert_eq!(jobs, json!([job(&image, "sharpness", "CANCELLED")]));
    assert!(app.claim("sharpness").await.is_empty());
    assert_eq!(app.refilled(&image).await["sharpness"], JobState::Cancelled);
}

#[actix_web::test]
async fn what_was_never_posted_has_nothing_to_cancel() {
    let app = App::start();
    let jobs = cancel(&app, json!({"images": [md5(b"never posted")]})).await;
    assert_eq!(jobs, json!([]));
    assert_eq!(cancel(&app, json!({"images": []})).await, json!([]));
}

#[actix_web::test]
async fn what_cannot_be_meant_is_refused_and_nothing_is_cancelled() {
    let app = App::start();
    let image = post(&app, 1, &["sharpness"]).await;
    for body in [
        json!({"images": [image, "nonsense"]}),
        json!({"images": [image], "model": ["sharpness"]}),
        json!({"models": null}),
        json!({"limit": 5}),
        json!({"images": [image], "limit": 5}),
        json!([image]),
    ] {
        problem(app.post_json("/predict/cancel", &body).await, StatusCode::BAD_REQUEST).await;
    }
    let body = json!({"images": [image], "models": ["sharpness", "nope", "../x"]});
    let refusal =
        problem(app.post_json("/predict/cancel", &body).await, StatusCode::BAD_REQUEST).await;
    assert_eq!(refusal["unknown_models"], json!(["nope", "../x"]));
    let many = vec![image; 10_001];
    let answer = app.post_json("/predict/cancel", &json!({"images": many})).await;
    problem(answer, StatusCode::PAYLOAD_TOO_LARGE).await;
    assert_eq!(app.claim("sharpness").await.len(), 1);
}
