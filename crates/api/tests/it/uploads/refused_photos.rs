//! All photos of a form that are no good are told at once, and nothing of it stays.

use photo_tests::photos::{bmp, bmp_of};
use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::app::{App, json_of, problem};

/// A form of these files.
fn files(files: &[(&str, Vec<u8>)]) -> Form {
    files.iter().fold(Form::new().text("models", "sharpness"), |form, (name, content)| {
        form.part("images", Part::bytes(content.clone()).file_name((*name).to_owned()))
    })
}

fn listed(body: &Value) -> Vec<(u64, &str, &str)> {
    let refused = body["refused_images"].as_array().unwrap().iter();
    refused
        .map(|it| {
            (
                it["position"].as_u64().unwrap(),
                it["file_name"].as_str().unwrap(),
                it["title"].as_str().unwrap(),
            )
        })
        .collect()
}

#[actix_web::test]
async fn every_photo_that_is_no_good_is_listed_with_its_name_and_reason() {
    let app = App::start_with(&json!({"api": {"max_image_bytes": "20kB", "max_pixels": 5_000}}));
    let form = files(&[
        ("good.bmp", bmp(1)),
        ("notes.txt", b"hello".to_vec()),
        ("large.bmp", bmp_of(400, 400, 1)),
        ("empty.jpg", Vec::new()),
        ("wide.bmp", bmp_of(80, 80, 1)),
        ("torn.jpg", b"\xFF\xD8\xFF\xE0 no header".to_vec()),
        ("other.bmp", bmp(2)),
    ]);
    let body = problem(app.predict(form).await, StatusCode::UNSUPPORTED_MEDIA_TYPE).await;
    assert_eq!(
        listed(&body),
        [
            (2, "notes.txt", "Not a photo"),
            (3, "large.bmp", "Photo too large"),
            (4, "empty.jpg", "Not a photo"),
            (5, "wide.bmp", "Too many pixels"),
            (6, "torn.jpg", "Not a photo"),
        ]
    );
    assert_eq!(body["photo"], 2, "what older clients read");
    assert!(
        body["refused_images"][1]["reason"].as_str().unwrap().contains("20000 bytes"),
        "{body}"
    );
    let detail = body["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("5 of the form's photos are not taken: photo 2 (\"notes.txt\") is not")
    );
    assert!(detail.ends_with("Nothing of the request was kept."), "{detail}");
    app.assert_untouched().await;
}

#[actix_web::test]
async fn the_status_is_that_of_the_first_one() {
    let app = App::start_with(&json!({"api": {"max_image_bytes": "20kB"}}));
    let form = files(&[("large.bmp", bmp_of(400, 400, 1)), ("notes.txt", b"hello".to_vec())]);
    let body = problem(app.predict(form).await, StatusCode::PAYLOAD_TOO_LARGE).await;
    assert_eq!(body["title"], "Photo too large");
    assert_eq!(listed(&body).len(), 2);
    app.assert_untouched().await;
}

#[actix_web::test]
async fn no_file_name_is_shown_as_it_must_not_be() {
    let app = App::start();
    let long = format!("{}.jpg", "ä".repeat(300));
    let form = files(&[("\u{202e}gpj.\u{7}evil", b"x".to_vec()), (&long, b"x".to_vec())]);
    let body = problem(app.predict(form).await, StatusCode::UNSUPPORTED_MEDIA_TYPE).await;
    assert_eq!(body["refused_images"][0]["file_name"], "\\u{202e}gpj.\\u{7}evil");
    assert_eq!(body["refused_images"][1]["file_name"].as_str().unwrap().chars().count(), 101);
    app.assert_untouched().await;
}

#[actix_web::test]
async fn refused_photos_count_among_those_that_a_request_may_have() {
    let app = App::start_with(&json!({"api": {"max_images": 2}}));
    let bad = || ("a", b"x".to_vec());
    let form = files(&[bad(), ("b", bmp(1)), bad()]);
    problem(app.predict(form).await, StatusCode::PAYLOAD_TOO_LARGE).await;
    app.assert_untouched().await;
    json_of(app.predict(files(&[("b", bmp(1))])).await, StatusCode::ACCEPTED).await;
}
