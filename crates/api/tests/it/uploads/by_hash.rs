//! Stored photos are named by their hashes instead of being sent again.

use photo_tests::photos::bmp;
use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::app::{App, form, json_of, md5, problem};

/// An app that has the photos 1 and 2.
async fn app_with_photos() -> App {
    let app = App::start();
    let photos = [bmp(1), bmp(2)];
    json_of(app.predict(form(&photos, &["sharpness"])).await, StatusCode::ACCEPTED).await;
    app.claim("sharpness").await;
    app
}

fn hash(seed: u64) -> String {
    md5(&bmp(seed))
}

fn photo(seed: u64) -> Part {
    Part::bytes(bmp(seed)).file_name("photo.bmp")
}

fn new_jobs(body: &Value) -> usize {
    body["jobs"].as_array().unwrap().iter().filter(|job| job["new"] == json!(true)).count()
}

#[actix_web::test]
async fn hashes_and_photos_are_answered_in_the_order_of_the_form() {
    let app = app_with_photos().await;
    let form = Form::new()
        .text("hashes", hash(2))
        .part("images", photo(3))
        .text("models", "average_color")
        .text("hashes", format!("[\"{}\", \"{}\"]", hash(1), hash(2)))
        .text("hashes", format!(" {},{} ", hash(3), hash(1)));
    let body = json_of(app.predict(form).await, StatusCode::ACCEPTED).await;
    let expected = [2, 3, 1, 2, 3, 1].map(hash);
    assert_eq!(body["images"], json!(expected));
    assert_eq!(new_jobs(&body), 3);
    let claimed = app.claim("average_color").await;
    let claimed: Vec<String> = claimed.iter().map(|job| job.lease.id.image.to_string()).collect();
    assert_eq!(claimed, [2, 3, 1].map(hash));
}

#[actix_web::test]
async fn a_json_body_does_for_photos_that_are_all_stored() {
    let app = app_with_photos().await;
    let body =
        json!({"images": [hash(2), hash(1)], "models": ["average_color"], "priority": "high"});
    let body = json_of(app.post_json("/predict", &body).await, StatusCode::ACCEPTED).await;
    assert_eq!((&body["images"], new_jobs(&body)), (&json!([hash(2), hash(1)]), 2));
    assert_eq!(body["jobs"][0]["model"], "average_color");
    let view = json_of(app.get(&format!("/predict/{}", hash(1))).await, StatusCode::OK).await;
    assert_eq!(view["jobs"]["average_color"]["priority"], "high");

    let more = json!({"images": [hash(1)], "rerun": false});
    let path = "/predict?models=average_color&priority=low";
    let body = json_of(app.post_json(path, &more).await, StatusCode::ACCEPTED).await;
    assert_eq!(new_jobs(&body), 0);
}

#[actix_web::test]
async fn what_is_asked_by_hash_is_written_down_before_it_is_answered() {
    let app = app_with_photos().await;
    let body = json!({"images": [hash(1)], "models": ["average_color"]});
    json_of(app.post_json("/predict", &body).await, StatusCode::ACCEPTED).await;
    let files = app.image_files();
    let record = files.iter().find(|file| file.ends_with(format!("{}.jsonl", hash(1)))).unwrap();
    let record = std::fs::read_to_string(record).unwrap();
    assert!(record.contains("average_color"), "{record}");
}

#[actix_web::test]
async fn of_a_request_with_unknown_photos_nothing_is_done() {
    let app = app_with_photos().await;
    let files = app.image_files();
    let known = hash(1);
    for answer in [
        app.predict(
            Form::new()
                .text("hashes", format!("{},{known},{}", hash(8), hash(9)))
                .part("images", photo(3))
                .text("models", "average_color"),
        )
        .await,
        app.post_json(
            "/predict",
            &json!({"images": [hash(8), known, hash(9), hash(8)], "models": ["average_color"]}),
        )
        .await,
    ] {
        let body = problem(answer, StatusCode::NOT_FOUND).await;
        assert_eq!(body["title"], "Unknown photos");
        assert_eq!(body["missing_images"], json!([hash(8), hash(9)]));
    }
    assert!(app.claim("average_color").await.is_empty());
    assert_eq!(app.image_files(), files);
}

#[actix_web::test]
async fn requests_by_hash_have_the_same_limits_as_others() {
    let limits = json!({"api": {"max_images": 2, "max_jobs": 3}});
    let app = App::start_with(&limits);
    let all = json!({"images": [hash(1), hash(2), hash(1)], "models": ["sharpness"]});
    problem(app.post_json("/predict", &all).await, StatusCode::PAYLOAD_TOO_LARGE).await;
    let both = json!({"images": [hash(1), hash(2)], "models": ["sharpness", "average_color"]});
    problem(app.post_json("/predict", &both).await, StatusCode::PAYLOAD_TOO_LARGE).await;
    let form = Form::new()
        .text("hashes", format!("{},{}", hash(1), hash(2)))
        .part("images", photo(3))
        .text("models", "sharpness");
    problem(app.predict(form).await, StatusCode::PAYLOAD_TOO_LARGE).await;
    for body in [
        json!({"images": [], "models": ["sharpness"]}),
        json!({"images": [hash(1)]}),
        json!({"images": [hash(1)], "models": ["nope"]}),
        json!({"images": ["x"], "models": ["sharpness"]}),
        json!({"images": [hash(1)], "models": ["sharpness"], "priority": "urgent"}),
        json!({"images": [hash(1)], "models": ["sharpness"], "reruns": true}),
        json!("x"),
    ] {
        problem(app.post_json("/predict", &body).await, StatusCode::BAD_REQUEST).await;
    }
    let form = Form::new().text("hashes", "[1]").text("models", "sharpness");
    problem(app.predict(form).await, StatusCode::BAD_REQUEST).await;
    app.assert_untouched().await;
}
