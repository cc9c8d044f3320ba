//! What a client would have to send.

use std::time::Duration;

use photo_core::job::Ending;
use photo_tests::photos::bmp;
use reqwest::StatusCode;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::app::{App, form, json_of, md5, problem};

const BOTH: [&str; 2] = ["sharpness", "average_color"];

async fn lacking(app: &App, images: &[String], models: &[&str]) -> Value {
    let body = json!({"images": images, "models": models});
    json_of(app.post_json("/predict/check", &body).await, StatusCode::OK).await
}

fn missing(images: &[String], jobs: &[(&String, &str)]) -> Value {
    let jobs: Vec<Value> =
        jobs.iter().map(|(image, model)| json!({"image": image, "model": model})).collect();
    json!({"missing_images": images, "missing_jobs": jobs})
}

#[actix_web::test]
async fn photos_and_jobs_that_are_not_there_are_told_in_the_order_asked_for() {
    let app = App::start();
    json_of(app.predict(form(&[bmp(1)], &["sharpness"])).await, StatusCode::ACCEPTED).await;
    let images = [md5(&bmp(2)), md5(&bmp(1)), md5(&bmp(2))];
    let (absent, stored) = (&images[0], &images[1]);
    let expected = [(absent, "sharpness"), (absent, "average_color"), (stored, "average_color")];
    assert_eq!(lacking(&app, &images, &BOTH).await, missing(&images[..1], &expected));
    assert_eq!(lacking(&app, &images, &[]).await, missing(&images[..1], &[]));
    assert_eq!(lacking(&app, &[], &BOTH).await, missing(&[], &[]));
    // Nothing was put in line by asking.
    assert!(app.claim("average_color").await.is_empty());
}

#[actix_web::test]
async fn what_was_done_is_not_missing_though_the_job_store_has_forgotten_it() {
    let app = App::start();
    json_of(app.predict(form(&[bmp(1)], &["sharpness"])).await, StatusCode::ACCEPTED).await;
    let images = [md5(&bmp(1))];
    let job = app.claim("sharpness").await.remove(0);
    assert_eq!(lacking(&app, &images, &["sharpness"]).await, missing(&[], &[]), "it runs");
    app.end(&job, Ending::Succeeded(RawValue::from_string("1".to_owned()).unwrap())).await;
    app.write_down(&job, "1");
    app.clock.advance(Duration::from_hours(40 * 24));
    app.jobs.tick().await.unwrap();
    assert_eq!(lacking(&app, &images, &BOTH).await, missing(&[], &[(&images[0], "average_color")]));
}

#[actix_web::test]
async fn what_was_cancelled_is_missing() {
    let app = App::start();
    json_of(app.predict(form(&[bmp(1)], &["sharpness"])).await, StatusCode::ACCEPTED).await;
    let images = [md5(&bmp(1))];
    app.jobs.cancel(images[0].parse().unwrap(), None).await.unwrap();
    let expected = [(&images[0], "sharpness")];
    assert_eq!(lacking(&app, &images, &["sharpness"]).await, missing(&[], &expected));
}

#[actix_web::test]
async fn ten_thousand_photos_are_looked_for_at_once_and_no_more() {
    let app = App::start();
    json_of(app.predict(form(&[bmp(1)], &["sharpness"])).await, StatusCode::ACCEPTED).await;
    let mut images: Vec<String> = (0..10_000).map(|number| format!("{number:032x}")).collect();
    images[5_000] = md5(&bmp(1));
    let answer = lacking(&app, &images, &BOTH).await;
    assert_eq!(answer["missing_images"].as_array().unwrap().len(), 9_999);
    assert_eq!(answer["missing_jobs"].as_array().unwrap().len(), 19_999);
    images.push(md5(&bmp(2)));
    let body = json!({"images": images, "models": BOTH});
    problem(app.post_json("/predict/check", &body).await, StatusCode::PAYLOAD_TOO_LARGE).await;
}

#[actix_web::test]
async fn questions_that_make_no_sense_are_refused() {
    let app = App::start();
    let unknown = json!({"images": [], "models": ["sharpness", "nope", "../nada"]});
    let answer = app.post_json("/predict/check", &unknown).await;
    let body = problem(answer, StatusCode::BAD_REQUEST).await;
    assert_eq!(body["unknown_models"], json!(["nope", "../nada"]));
    for body in [json!({}), json!({"images": ["x"]}), json!({"images": [], "model": "sharpness"})] {
        problem(app.post_json("/predict/check", &body).await, StatusCode::BAD_REQUEST).await;
    }
}
