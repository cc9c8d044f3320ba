//! Photos in the request.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use example_model::{Measurement, Options};
use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};
use serde_json::json;

use crate::support::{Service, answer, red_photo};

#[tokio::test]
async fn each_model_answers_with_its_classes_and_its_result() {
    for (measurement, classes, result) in [
        (
            Measurement::ImageShape,
            json!(["width", "height", "megapixels", "format"]),
            json!({"width": 40, "height": 30, "megapixels": 0.0012, "format": "png"}),
        ),
        (
            Measurement::AverageColor,
            json!(["r", "g", "b", "hex"]),
            json!({"r": 255, "g": 0, "b": 0, "hex": "#ff0000"}),
        ),
        (
            Measurement::Sharpness,
            json!(["sharpness", "width", "height"]),
            json!({"sharpness": 0.0, "width": 40, "height": 30}),
        ),
        (Measurement::PerceptualHash, json!(["hash"]), json!({"hash": "8000000000000000"})),
        (Measurement::Noop, json!([]), json!({})),
    ] {
        let service = Service::start(Options { measurement, ..Options::default() });
        let (status, body) = answer(service.upload(red_photo())).await;
        assert_eq!(status, StatusCode::OK);
        let result = json!({"classes": classes, "result": result});
        assert_eq!(body, json!({"status": "success", "result": result}));
    }
}

#[tokio::test]
async fn a_ready_model_says_so() {
    let service = Service::start(Options::default());
    let (status, body) = answer(service.get("/status")).await;
    assert_eq!((status, &body["status"]), (StatusCode::OK, &json!("success")));
}

#[tokio::test]
async fn a_loading_model_is_not_ready() {
    let loading = Options { ready_after: Duration::from_hours(1), ..Options::default() };
    let service = Service::start(loading);
    let detail = "Model is not ready to receive predictions.";
    let failure = json!({"status": "failure", "detail": detail});
    for request in [service.get("/status"), service.upload(red_photo())] {
        assert_eq!(answer(request).await, (StatusCode::SERVICE_UNAVAILABLE, failure.clone()));
    }
}

#[tokio::test]
async fn a_photo_that_cannot_be_decoded_is_refused_with_the_reason() {
    let service = Service::start(Options { max_pixels: 1199, ..Options::default() });
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec();
    for (photo, reason) in [
        (b"hello".to_vec(), "not a JPEG"),
        (b"".to_vec(), "empty"),
        (heic, "HEIC"),
        (red_photo()[..20].to_vec(), "cannot be decoded"),
        (red_photo(), "has 1200 pixels, more than this model's limit of 1199"),
    ] {
        let (status, body) = answer(service.upload(photo)).await;
        assert_eq!((status, &body["status"]), (StatusCode::BAD_REQUEST, &json!("failure")));
        let detail = body["detail"].as_str().unwrap();
        assert!(detail.contains(reason), "{detail}");
    }
}

#[tokio::test]
async fn a_photo_with_too_many_bytes_is_refused() {
    let max_bytes = red_photo().len() - 1;
    let service = Service::start(Options { max_bytes, ..Options::default() });
    let (status, body) = answer(service.upload(red_photo())).await;
    assert_eq!((status, &body["status"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("failure")));
}

#[tokio::test]
async fn a_request_without_the_part_is_answered_like_fastapi_does() {
    let service = Service::start(Options::default());
    let missing = json!({"detail": [{
        "loc": ["body", "image_file"],
        "msg": "field required",
        "type": "value_error.missing",
    }]});
    let other = Form::new().part("photo", Part::bytes(red_photo()).file_name("photo"));
    for request in [
        service.post("/predict"),
        service.post("/predict").json(&json!({"image_file": "photo"})),
        service.post("/predict").multipart(other),
    ] {
        assert_eq!(answer(request).await, (StatusCode::UNPROCESSABLE_ENTITY, missing.clone()));
    }
}

#[tokio::test]
async fn other_parts_around_the_photo_do_not_matter() {
    let service = Service::start(Options::default());
    let form = Form::new()
        .text("before", "x".repeat(100_000))
        .part("image_file", Part::bytes(red_photo()).file_name("photo"))
        .text("after", "x".repeat(100_000));
    let (status, body) = answer(service.post("/predict").multipart(form)).await;
    assert_eq!((status, &body["result"]["result"]["width"]), (StatusCode::OK, &json!(40)));
}

#[tokio::test]
async fn a_form_that_breaks_off_is_refused() {
    let service = Service::start(Options::default());
    let request = service
        .post("/predict")
        .header("content-type", "multipart/form-data; boundary=b")
        .body("--b\r\nContent-Disposition: form-data; name=\"image_file\"\r\n\r\nhalf a pho");
    let (status, body) = answer(request).await;
    assert_eq!((status, &body["status"]), (StatusCode::BAD_REQUEST, &json!("failure")));
}

#[tokio::test]
async fn a_model_told_to_fail_answers_with_a_bare_500() {
    let service = Service::start(Options { fail_rate: 1.0, ..Options::default() });
    let response = service.upload(red_photo()).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(response.text().await.unwrap(), "Internal Server Error");
}

#[tokio::test]
async fn requests_beyond_the_places_wait_their_turn() {
    let delay = Duration::from_millis(20);
    let one = Options { concurrency: NonZeroUsize::MIN, delay, ..Options::default() };
    let service = Service::start(one);
    let begun = Instant::now();
    let requests = (0..5).map(|_| answer(service.upload(red_photo())));
    for (status, _) in futures_util::future::join_all(requests).await {
        assert_eq!(status, StatusCode::OK);
    }
    assert!(begun.elapsed() >= 5 * delay, "{:?}", begun.elapsed());
}
