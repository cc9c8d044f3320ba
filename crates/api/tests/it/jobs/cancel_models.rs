//! Whatever there is to do for a model, and nobody wants any more. On both job stores, whose lines
//! are not alike.

use std::time::Duration;

use photo_core::job::Ending;
use photo_core::{JobError, JobErrorKind, JobState};
use photo_tests::photos::bmp;
use photo_tests::redis_server::RedisServer;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::app::{App, form, json_of, md5};

/// Posts photos for both models, with a priority.
async fn post(app: &App, photos: std::ops::Range<u64>, priority: &str) {
    let photos: Vec<_> = photos.map(bmp).collect();
    let form = form(&photos, &["sharpness", "average_color"]);
    let answer = app.predict(form.text("priority", priority.to_owned())).await;
    json_of(answer, StatusCode::ACCEPTED).await;
}

/// How many jobs were cancelled, how many run, and how many remain.
async fn cancel(app: &App, body: Value) -> (usize, usize, u64) {
    let answer = json_of(app.post_json("/predict/cancel", &body).await, StatusCode::OK).await;
    let jobs = answer["jobs"].as_array().unwrap();
    assert!(jobs.iter().all(|job| job["model"] == "sharpness"), "{answer}");
    let are = |state: &str| jobs.iter().filter(|job| job["state"] == state).count();
    assert_eq!(are("CANCELLED") + are("RUNNING"), jobs.len(), "{answer}");
    (are("CANCELLED"), are("RUNNING"), answer["remaining"].as_u64().unwrap())
}

/// Has a test run on each job store. The first server lives as long as the second: they share a
/// runtime, in which the second one's connection was seen to break when the first one stopped.
async fn on_both(test: impl AsyncFn(&App)) {
    let embedded = App::start();
    test(&embedded).await;
    let server = RedisServer::start();
    let redis = App::on_redis(&server).await;
    test(&redis).await;
}

#[actix_web::test]
async fn jobs_in_line_that_wait_and_that_run_are_cancelled_and_those_of_others_are_not() {
    on_both(async |app: &App| {
        post(app, 0..2, "normal").await;
        let claimed = app.claim("sharpness").await;
        let error = JobError::new(JobErrorKind::ServerError, "it broke");
        app.end(&claimed[0], Ending::Retry { after: Duration::from_mins(1), error }).await;
        post(app, 2..4, "low").await;
        post(app, 4..7, "high").await;
        assert_eq!(cancel(app, json!({"models": ["sharpness"]})).await, (6, 1, 0));
        assert!(app.claim("sharpness").await.is_empty());
        assert_eq!(app.claim("average_color").await.len(), 7);
        app.end(&claimed[1], Ending::Release { after: Duration::ZERO, error: None }).await;
        let stats = app.jobs.stats(Some(&["sharpness".parse().unwrap()])).await.unwrap();
        assert_eq!(stats[0].unfinished(), 0, "{stats:?}");
        // It is written down beside the photos.
        for photo in 0..7 {
            let known = app.refilled(&md5(&bmp(photo))).await;
            assert_eq!(known["sharpness"], JobState::Cancelled, "{photo}");
            assert_eq!(known["average_color"], JobState::Queued, "{photo}");
        }
    })
    .await;
}

#[actix_web::test]
async fn as_many_are_cancelled_as_asked_for_until_nothing_remains() {
    on_both(async |app: &App| {
        post(app, 0..3, "normal").await;
        let running = app.claim("sharpness").await;
        post(app, 3..10, "normal").await;
        let body = json!({"models": ["sharpness"], "limit": 5});
        assert_eq!(cancel(app, json!({"models": ["sharpness"], "limit": 0})).await, (0, 0, 7));
        assert_eq!(cancel(app, body.clone()).await, (5, 0, 2));
        assert_eq!(cancel(app, body.clone()).await, (2, 3, 0));
        // Those that run were asked for once.
        assert_eq!(cancel(app, body).await, (0, 0, 0));
        assert_eq!(running.len(), 3);
    })
    .await;
}

#[actix_web::test]
async fn what_was_cancelled_before_is_passed_over_wherever_it_stands_in_line() {
    on_both(async |app: &App| {
        post(app, 0..30, "normal").await;
        let images: Vec<String> = (1..29).map(|photo| md5(&bmp(photo))).collect();
        let body = json!({"images": images, "models": ["sharpness"]});
        let answer = app.post_json("/predict/cancel", &body).await;
        let answer = json_of(answer, StatusCode::OK).await;
        assert_eq!(answer["jobs"].as_array().unwrap().len(), 28);
        assert!(answer.get("remaining").is_none(), "{answer}");
        assert_eq!(cancel(app, json!({"models": ["sharpness"]})).await, (2, 0, 0));
    })
    .await;
}

#[actix_web::test]
async fn more_jobs_than_one_slice_of_a_line_has_are_cancelled_in_one_request() {
    on_both(async |app: &App| {
        for batch in 0..3 {
            post(app, batch * 700..(batch + 1) * 700, "normal").await;
        }
        assert_eq!(cancel(app, json!({"models": ["sharpness"]})).await, (2_100, 0, 0));
    })
    .await;
}
