//! Failed jobs get another chance.

use std::sync::Arc;
use std::time::Duration;

use photo_core::job::Ending;
use photo_core::{JobError, JobErrorKind, JobState};
use photo_tests::photos::bmp;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::app::{App, form, json_of, md5, problem};

const MODELS: [&str; 2] = ["sharpness", "average_color"];

/// Posts photos for both models and has all their jobs fail; answers their hashes.
async fn failed(app: &App, photos: std::ops::Range<u64>) -> Vec<String> {
    let photos: Vec<_> = photos.map(bmp).collect();
    json_of(app.predict(form(&photos, &MODELS)).await, StatusCode::ACCEPTED).await;
    for model in MODELS {
        let failed = Ending::Failed(JobError::new(JobErrorKind::Refused, "no face found"));
        app.end_all(&app.claim(model).await, failed).await;
    }
    photos.iter().map(|photo| md5(photo)).collect()
}

async fn retry(app: &App, body: Value) -> Value {
    let answer = app.post_json("/predict/retry", &body).await;
    json_of(answer, StatusCode::OK).await["requeued"].clone()
}

#[actix_web::test]
async fn the_failed_jobs_of_images_are_put_back_in_line() {
    let app = App::start();
    let images = failed(&app, 0..3).await;
    let body = json!({"images": [images[0], images[1]], "models": ["sharpness"]});
    assert_eq!(retry(&app, body.clone()).await, 2);
    assert_eq!(retry(&app, body).await, 0, "they are not failed any more");
    assert_eq!(retry(&app, json!({"images": [images[2]]})).await, 2);
    let claimed = app.claim("sharpness").await;
    assert_eq!(claimed.len(), 3);
    assert!(claimed.iter().all(|job| (job.attempts, job.failures) == (1, 0)));
    assert_eq!(app.claim("average_color").await.len(), 1);
}

#[actix_web::test]
async fn what_was_put_back_in_line_is_done_whatever_the_job_store_and_a_power_failure_lose() {
    let app = App::start();
    let images = failed(&app, 0..40).await;
    app.mend(Arc::clone(&app.jobs)).await;
    let known = app.refilled_after_power_failure(&images[0]).await;
    assert_eq!(MODELS.map(|model| known[model]), [JobState::Failed; 2]);
    assert_eq!(retry(&app, json!({"images": images, "models": ["sharpness"]})).await, 40);
    assert_eq!(retry(&app, json!({"models": ["average_color"]})).await, 40);
    for image in &images {
        let known = app.refilled_after_power_failure(image).await;
        assert_eq!(MODELS.map(|model| known[model]), [JobState::Queued; 2]);
    }
}

#[actix_web::test]
async fn of_models_the_latest_failures_go_back_as_many_as_asked_for() {
    let app = App::start();
    failed(&app, 0..1).await;
    app.clock.advance(Duration::from_secs(1));
    let images = failed(&app, 1..3).await;
    assert_eq!(retry(&app, json!({"models": ["sharpness"], "limit": 0})).await, 0);
    assert_eq!(retry(&app, json!({"models": ["sharpness"], "limit": 2})).await, 2);
    let claimed = app.claim("sharpness").await;
    let mut claimed: Vec<String> =
        claimed.iter().map(|job| job.lease.id.image.to_string()).collect();
    claimed.sort();
    let mut expected = images;
    expected.sort();
    assert_eq!(claimed, expected);
    assert_eq!(retry(&app, json!({"models": ["sharpness", "average_color"]})).await, 4);
}

#[actix_web::test]
async fn more_failures_than_one_step_takes_are_all_put_back() {
    let app = App::start();
    failed(&app, 0..700).await;
    assert_eq!(retry(&app, json!({"models": ["sharpness"]})).await, 700);
    assert_eq!(app.claim("sharpness").await.len(), 700);
}

#[actix_web::test]
async fn jobs_to_be_done_again_are_done_whatever_the_job_store_loses() {
    let app = App::start();
    let images = failed(&app, 0..1).await;
    app.mend(Arc::clone(&app.jobs)).await;
    assert_eq!(app.refilled(&images[0]).await["sharpness"], JobState::Failed);
    retry(&app, json!({"images": images, "models": ["sharpness"]})).await;
    let known = app.refilled(&images[0]).await;
    assert_eq!(known["sharpness"], JobState::Queued);
    let job = app.claim("sharpness").await.remove(0);
    app.write_down(&job, "{\"n\": 1}");
    assert_eq!(app.refilled(&images[0]).await["sharpness"], JobState::Succeeded);
}

#[actix_web::test]
async fn a_failure_that_only_the_record_knows_is_put_back_too() {
    let app = App::start();
    let images = failed(&app, 0..1).await;
    app.mend(Arc::clone(&app.jobs)).await;
    app.lose_jobs();
    assert_eq!(app.states(&images[0]).await["sharpness"], "FAILED", "by its record");
    assert_eq!(retry(&app, json!({"images": images})).await, 2);
    assert_eq!(app.claim("sharpness").await.len(), 1);
}

#[actix_web::test]
async fn what_cannot_be_meant_is_refused() {
    let app = App::start();
    for body in [json!({}), json!({"limit": 5}), json!({"images": ["x"]}), json!({"all": true})] {
        problem(app.post_json("/predict/retry", &body).await, StatusCode::BAD_REQUEST).await;
    }
    let answer = app.post_json("/predict/retry", &json!({"models": ["nope"]})).await;
    let refusal = problem(answer, StatusCode::BAD_REQUEST).await;
    assert_eq!(refusal["unknown_models"], json!(["nope"]));
}
