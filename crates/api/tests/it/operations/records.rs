//! What the job store has forgotten is not forgotten.

use std::time::Duration;

use photo_core::job::Ending;
use photo_tests::photos::bmp;
use reqwest::StatusCode;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::app::{App, form, json_of, md5};

const MONTHS: Duration = Duration::from_hours(40 * 24);

/// Has a photo's job done, and waits until the job store has forgotten it. Without a dispatcher it
/// is the test that writes down how it ended.
async fn done_and_forgotten(app: &App) -> String {
    json_of(app.predict(form(&[bmp(1)], &["sharpness"])).await, StatusCode::ACCEPTED).await;
    let job = app.claim("sharpness").await.remove(0);
    let result = RawValue::from_string("{\"n\": 1}".to_owned()).unwrap();
    app.end(&job, Ending::Succeeded(result)).await;
    app.write_down(&job, "{\"n\": 1}");
    app.clock.advance(MONTHS);
    app.jobs.tick().await.unwrap();
    let image = md5(&bmp(1));
    assert!(app.jobs.status(&[image.parse().unwrap()]).await.unwrap()[0].is_empty());
    image
}

async fn view(app: &App, image: &str) -> Value {
    json_of(app.get(&format!("/predict/{image}")).await, StatusCode::OK).await
}

#[actix_web::test]
async fn a_forgotten_result_is_told_by_the_record() {
    let app = App::start();
    let image = done_and_forgotten(&app).await;
    let view = view(&app, &image).await;
    assert_eq!(view["status"], "SUCCEEDED", "{view}");
    assert_eq!(view["results"]["sharpness"]["n"], 1, "{view}");
    let many = app.post_json("/predict/status", &serde_json::json!({"images": [image]})).await;
    let many = json_of(many, StatusCode::OK).await;
    assert_eq!(many["images"][&image], view);
}

#[actix_web::test]
async fn asked_again_a_forgotten_result_is_given_back_and_not_made_again() {
    let app = App::start();
    let image = done_and_forgotten(&app).await;
    let answer = app.predict(form(&[bmp(1)], &["sharpness"])).await;
    let body = json_of(answer, StatusCode::ACCEPTED).await;
    assert_eq!(body["jobs"][0]["state"], "SUCCEEDED", "{body}");
    assert_eq!(body["jobs"][0]["new"], false, "{body}");
    assert!(app.claim("sharpness").await.is_empty());
    assert_eq!(app.jobs.status(&[image.parse().unwrap()]).await.unwrap()[0].len(), 1);
}

#[actix_web::test]
async fn with_more_asked_of_its_photo_a_forgotten_result_is_still_told() {
    let app = App::start();
    let image = done_and_forgotten(&app).await;
    let answer = app.predict(form(&[bmp(1)], &["average_color"])).await;
    let body = json_of(answer, StatusCode::ACCEPTED).await;
    assert_eq!(body["jobs"][0]["state"], "QUEUED", "{body}");
    let view = view(&app, &image).await;
    assert_eq!(view["jobs"]["average_color"]["state"], "QUEUED", "{view}");
    assert_eq!(view["results"]["sharpness"]["n"], 1, "{view}");
    assert!(app.claim("sharpness").await.is_empty());
}
