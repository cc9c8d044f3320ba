//! A client may wait for its answer.

use std::time::{Duration, Instant};

use photo_core::job::Ending;
use photo_tests::photos::bmp;
use reqwest::StatusCode;
use serde_json::json;
use serde_json::value::RawValue;

use crate::app::{App, form, json_of, md5, problem};

/// Longer than a test takes, and shorter than it may.
const LONG: &str = "45s";

#[actix_web::test]
async fn whoever_waits_is_answered_once_the_image_is_finished() {
    let app = App::start();
    let both = ["sharpness", "average_color"];
    json_of(app.predict(form(&[bmp(1)], &both)).await, StatusCode::ACCEPTED).await;
    let path = format!("/predict/{}?wait={LONG}", md5(&bmp(1)));
    let asked = Instant::now();
    let work = async {
        for model in both {
            let job = app.claim(model).await.remove(0);
            app.end(&job, Ending::Succeeded(RawValue::from_string("1".to_owned()).unwrap())).await;
        }
    };
    let (first, second, ()) = tokio::join!(app.get(&path), app.get(&path), work);
    for answer in [first, second] {
        let view = json_of(answer, StatusCode::OK).await;
        assert_eq!(view["status"], "SUCCEEDED");
        assert_eq!(view["results"].as_object().unwrap().len(), 2);
    }
    // What is finished is not waited for.
    json_of(app.get(&path).await, StatusCode::OK).await;
    assert!(asked.elapsed() < Duration::from_secs(40));
}

#[actix_web::test]
async fn when_the_time_is_over_the_client_is_told_how_it_is_by_then() {
    let app = App::start();
    json_of(app.predict(form(&[bmp(1)], &["sharpness"])).await, StatusCode::ACCEPTED).await;
    let path = format!("/predict/{}?wait=200ms", md5(&bmp(1)));
    let (asked, _job) = (Instant::now(), app.claim("sharpness").await);
    let view = json_of(app.get(&path).await, StatusCode::OK).await;
    assert_eq!(view["status"], "RUNNING");
    assert!(asked.elapsed() >= Duration::from_millis(200));
}

#[actix_web::test]
async fn nobody_waits_for_what_is_unknown_or_makes_no_sense() {
    let app = App::start();
    let unknown = md5(b"never posted");
    let asked = Instant::now();
    problem(app.get(&format!("/predict/{unknown}?wait={LONG}")).await, StatusCode::NOT_FOUND).await;
    let answer = app.get(&format!("/predict/{unknown}?wait=soon&wait=5")).await;
    problem(answer, StatusCode::BAD_REQUEST).await;
    assert!(asked.elapsed() < Duration::from_secs(40));
}

#[actix_web::test]
async fn whoever_waits_is_answered_when_the_server_stops() {
    let app = App::start_with(&json!({"api": {"max_streams": 1}}));
    json_of(app.predict(form(&[bmp(1)], &["sharpness"])).await, StatusCode::ACCEPTED).await;
    let path = |wait: &str| format!("/predict/{}?wait={wait}", md5(&bmp(1)));
    let asked = Instant::now();
    let wait = async {
        loop {
            let answer = app.get(&path(LONG)).await;
            if answer.status() != StatusCode::TOO_MANY_REQUESTS {
                return answer;
            }
        }
    };
    let stop = async {
        // While the only place is free somebody else may have it for a moment.
        while app.get(&path("1ms")).await.status() != StatusCode::TOO_MANY_REQUESTS {}
        app.stop.cancel();
    };
    let (answer, ()) = tokio::join!(wait, stop);
    assert_eq!(json_of(answer, StatusCode::OK).await["status"], "QUEUED");
    assert!(asked.elapsed() < Duration::from_secs(40));
}
