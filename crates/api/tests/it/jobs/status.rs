//! How far images have come, and the photos themselves.

use std::time::Duration;

use photo_core::job::Ending;
use photo_core::{JobError, JobErrorKind};
use photo_tests::photos::bmp;
use reqwest::StatusCode;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::app::{App, form, json_of, md5, problem};

async fn status(app: &App, photo: &[u8]) -> Value {
    json_of(app.get(&format!("/predict/{}", md5(photo))).await, StatusCode::OK).await
}

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).unwrap()
}

#[actix_web::test]
async fn an_image_is_followed_from_queued_to_succeeded() {
    let app = App::start();
    let photo = bmp(1);
    let both = ["sharpness", "average_color"];
    json_of(app.predict(form(std::slice::from_ref(&photo), &both)).await, StatusCode::ACCEPTED)
        .await;
    let view = status(&app, &photo).await;
    assert_eq!((&view["status"], &view["results"]), (&json!("QUEUED"), &json!({})));
    assert_eq!(view["jobs"]["sharpness"]["state"], "QUEUED");
    assert_eq!(view["jobs"]["sharpness"]["attempts"], 0);

    let job = app.claim("sharpness").await.remove(0);
    let view = status(&app, &photo).await;
    assert_eq!(view["status"], "RUNNING");
    assert_eq!(view["jobs"]["sharpness"]["attempts"], 1);
    assert!(view["jobs"]["sharpness"]["started_at"].is_string());

    app.end(&job, Ending::Succeeded(raw(r#"{"variance": 12.50}"#))).await;
    assert_eq!(status(&app, &photo).await["status"], "RUNNING");
    let job = app.claim("average_color").await.remove(0);
    app.end(&job, Ending::Succeeded(raw(r##"{"hex": "#ff0000"}"##))).await;
    let view = status(&app, &photo).await;
    assert_eq!(view["status"], "SUCCEEDED");
    assert_eq!(
        view["results"],
        json!({"sharpness": {"variance": 12.5}, "average_color": {"hex": "#ff0000"}})
    );
    assert!(view["jobs"]["sharpness"]["finished_at"].is_string());
}

#[actix_web::test]
async fn a_result_is_given_out_as_the_model_wrote_it() {
    let app = App::start();
    json_of(app.predict(form(&[bmp(1)], &["sharpness"])).await, StatusCode::ACCEPTED).await;
    let job = app.claim("sharpness").await.remove(0);
    let odd = r#"{"b":1.10,"a":1e400,"b":12345678901234567890123}"#;
    app.end(&job, Ending::Succeeded(raw(odd))).await;
    let text = app.get(&format!("/predict/{}", md5(&bmp(1)))).await.text().await.unwrap();
    assert!(text.contains(odd), "{text}");
}

#[actix_web::test]
async fn a_job_that_waits_or_failed_says_why() {
    let app = App::start();
    let photo = bmp(1);
    json_of(
        app.predict(form(std::slice::from_ref(&photo), &["sharpness"])).await,
        StatusCode::ACCEPTED,
    )
    .await;
    let model = "sharpness".parse().unwrap();
    let down = JobError::new(JobErrorKind::Unreachable, "its service does not answer");
    app.jobs.hold(&model, Some(&down), Duration::from_mins(1)).await.unwrap();
    let view = status(&app, &photo).await;
    assert_eq!(view["status"], "QUEUED");
    assert_eq!(view["jobs"]["sharpness"]["state"], "WAITING");
    assert_eq!(view["jobs"]["sharpness"]["waiting"]["reason"], "its service does not answer");
    app.jobs.hold(&model, None, Duration::ZERO).await.unwrap();

    let job = app.claim("sharpness").await.remove(0);
    let error = JobError::new(JobErrorKind::Timeout, "no answer within 60 s");
    app.end(&job, Ending::Retry { after: Duration::from_secs(30), error }).await;
    let view = status(&app, &photo).await;
    assert_eq!(view["status"], "RUNNING", "it has started and is not finished");
    let job = &view["jobs"]["sharpness"];
    assert_eq!((&job["state"], &job["failures"]), (&json!("WAITING"), &json!(1)));
    assert_eq!(job["waiting"]["reason"], "no answer within 60 s");
    assert!(job["waiting"]["until"].is_string());

    app.clock.advance(Duration::from_secs(31));
    let job = app.claim("sharpness").await.remove(0);
    let error = JobError::new(JobErrorKind::Refused, "no face found").with_status(422);
    app.end(&job, Ending::Failed(error)).await;
    let view = status(&app, &photo).await;
    assert_eq!(view["status"], "FAILED");
    assert_eq!(
        view["jobs"]["sharpness"]["error"],
        json!({"kind": "refused", "message": "no face found", "http_status": 422})
    );
}

#[actix_web::test]
async fn many_images_are_asked_for_at_once() {
    let app = App::start();
    let photos: Vec<_> = (0..20).map(bmp).collect();
    json_of(app.predict(form(&photos, &["sharpness"])).await, StatusCode::ACCEPTED).await;
    let unknown = md5(b"never posted");
    let mut images: Vec<_> = photos.iter().map(|photo| md5(photo)).collect();
    images.push(unknown.clone());
    let answer = app.post_json("/predict/status", &json!({"images": images})).await;
    let answer = json_of(answer, StatusCode::OK).await;
    assert_eq!(answer["unknown"], json!([unknown]));
    assert_eq!(answer["images"].as_object().unwrap().len(), 20);
    let mut alone = status(&app, &photos[3]).await;
    alone["jobs"]["sharpness"].as_object_mut().unwrap().remove("progress");
    assert_eq!(answer["images"][md5(&photos[3])], alone);

    let thousand = vec![unknown.clone(); 1000];
    let answer = app.post_json("/predict/status", &json!({"images": thousand})).await;
    json_of(answer, StatusCode::OK).await;
    let more = vec![unknown; 1001];
    let answer = app.post_json("/predict/status", &json!({"images": more})).await;
    problem(answer, StatusCode::PAYLOAD_TOO_LARGE).await;
    let answer = app.post_json("/predict/status", &json!({"hashes": []})).await;
    problem(answer, StatusCode::BAD_REQUEST).await;
}

#[actix_web::test]
async fn a_stored_photo_is_given_out_as_it_was_posted() {
    let app = App::start();
    json_of(app.predict(form(&[bmp(1)], &["sharpness"])).await, StatusCode::ACCEPTED).await;
    let url = format!("{}/images/{}", app.url, md5(&bmp(1)));
    let answer = app.client.get(&url).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "image/bmp");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    let tag = answer.headers()["etag"].clone();
    assert_eq!(answer.bytes().await.unwrap(), bmp(1));

    let head = app.client.head(&url).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], bmp(1).len().to_string());
    assert!(head.bytes().await.unwrap().is_empty());

    let known = app.client.get(&url).header("if-none-match", tag).send().await.unwrap();
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
}
