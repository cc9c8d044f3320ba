//! Every way a request can be refused, and that nothing of it stays behind.

use photo_tests::photos::{bmp, bmp_of};
use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};
use serde_json::json;

use crate::app::{App, form, json_of, md5, problem};

#[actix_web::test]
async fn unknown_paths_and_methods_are_problems_too() {
    let app = App::start();
    problem(app.get("/nowhere").await, StatusCode::NOT_FOUND).await;
    let wrong = app.get("/predict").await;
    assert_eq!(wrong.headers()["allow"], "POST");
    problem(wrong, StatusCode::METHOD_NOT_ALLOWED).await;
    problem(app.post_json("/models", &json!({})).await, StatusCode::METHOD_NOT_ALLOWED).await;
}

#[actix_web::test]
async fn a_form_without_photos_or_models_is_refused() {
    let app = App::start();
    let body = problem(app.predict(form(&[], &["sharpness"])).await, StatusCode::BAD_REQUEST).await;
    assert_eq!(body["title"], "No photos");
    let body = problem(app.predict(form(&[bmp(1)], &[])).await, StatusCode::BAD_REQUEST).await;
    assert_eq!(body["title"], "No models");
    app.assert_untouched().await;
}

#[actix_web::test]
async fn all_unknown_models_are_listed() {
    let app = App::start();
    let forms = [
        ("/predict", form(&[bmp(1)], &["nope", "sharpness", "nada", "../x"])),
        ("/predict?models=nope,sharpness,nada,../x", form(&[bmp(1)], &[])),
    ];
    for (path, form) in forms {
        let body = problem(app.predict_at(path, form).await, StatusCode::BAD_REQUEST).await;
        assert_eq!(body["unknown_models"], json!(["nope", "nada", "../x"]));
        assert_eq!(body["models"], json!(["average_color", "sharpness"]));
        assert!(body["detail"].as_str().unwrap().contains("nope, nada, ../x"), "{body}");
        app.assert_untouched().await;
    }
}

#[actix_web::test]
async fn a_large_upload_for_an_unknown_model_is_told_so() {
    let app = App::start();
    let photos: Vec<_> = (0..8).map(|seed| bmp_of(1024, 1024, seed)).collect();
    let answer = app.predict_at("/predict?models=nope", form(&photos, &[])).await;
    problem(answer, StatusCode::BAD_REQUEST).await;
    app.assert_untouched().await;
}

#[actix_web::test]
async fn what_is_no_form_is_refused() {
    let app = App::start();
    let url = format!("{}/predict?models=sharpness", app.url);
    let posts = [
        app.client.post(&url).json(&json!({"images": []})),
        app.client.post(&url).header("content-type", "multipart/form-data").body("--x"),
        app.client
            .post(&url)
            .header("content-type", "multipart/form-data; boundary=x")
            .body("--x\r\nContent-Disposition: form-data; name=\"images\"\r\n\r\nBM"),
        app.client
            .post(&url)
            .header("content-type", "multipart/form-data; boundary=x")
            .body("--x\r\n\r\n\r\n--x--\r\n"),
    ];
    for post in posts {
        problem(post.send().await.unwrap(), StatusCode::BAD_REQUEST).await;
    }
    app.assert_untouched().await;
}

#[actix_web::test]
async fn a_photo_in_a_part_of_another_name_is_not_dropped_silently() {
    let app = App::start();
    let form = Form::new()
        .part("image", Part::bytes(bmp(1)).file_name("photo.bmp"))
        .text("models", "sharpness");
    let body = problem(app.predict(form).await, StatusCode::BAD_REQUEST).await;
    assert!(body["detail"].as_str().unwrap().contains("`images`"), "{body}");
}

#[actix_web::test]
async fn what_is_no_photo_fails_the_whole_request() {
    let app = App::start();
    for bad in [b"hello".to_vec(), Vec::new(), b"\xFF\xD8\xFF\xE0 no header".to_vec()] {
        let answer = app.predict(form(&[bmp(1), bad], &["sharpness"])).await;
        let body = problem(answer, StatusCode::UNSUPPORTED_MEDIA_TYPE).await;
        assert_eq!(body["photo"], 2);
        app.assert_untouched().await;
    }
}

#[actix_web::test]
async fn more_than_the_limits_allow_is_refused() {
    let limits = json!({"api": {
        "max_images": 2, "max_jobs": 3, "max_image_bytes": "20kB", "max_pixels": 5000,
    }});
    let app = App::start_with(&limits);
    let too_large = StatusCode::PAYLOAD_TOO_LARGE;
    let body =
        problem(app.predict(form(&[bmp(1), bmp(2), bmp(3)], &["sharpness"])).await, too_large)
            .await;
    assert_eq!(body["title"], "Too many photos");
    let both = ["sharpness", "average_color"];
    let body = problem(app.predict(form(&[bmp(1), bmp(2)], &both)).await, too_large).await;
    assert_eq!(body["title"], "Too many jobs");
    // 80 * 80 pixels are 19 kB.
    let body =
        problem(app.predict(form(&[bmp_of(80, 80, 1)], &["sharpness"])).await, too_large).await;
    assert_eq!(body["title"], "Too many pixels");
    let body =
        problem(app.predict(form(&[bmp_of(100, 100, 1)], &["sharpness"])).await, too_large).await;
    assert_eq!(body["title"], "Photo too large");
    app.assert_untouched().await;
    json_of(app.predict(form(&[bmp(1)], &both)).await, StatusCode::ACCEPTED).await;
}

#[actix_web::test]
async fn a_full_queue_asks_to_come_back_later() {
    let app = App::start_with(&json!({"model_defaults": {"max_queued": 2}}));
    let photos = [bmp(1), bmp(2)];
    json_of(app.predict(form(&photos, &["sharpness"])).await, StatusCode::ACCEPTED).await;
    let files = app.image_files();
    let answer = app.predict(form(&[bmp(3)], &["average_color", "sharpness"])).await;
    assert!(answer.headers()["retry-after"].to_str().unwrap().parse::<u32>().unwrap() > 0);
    let body = problem(answer, StatusCode::TOO_MANY_REQUESTS).await;
    assert_eq!(body["model"], "sharpness");
    assert!(body["detail"].as_str().unwrap().contains("1 of them must be finished"), "{body}");
    assert_eq!(app.image_files(), files);
    let first = Form::new().text("models", "sharpness");
    let answer = app.predict(first.part("images", Part::bytes(bmp(3)).file_name("photo"))).await;
    problem(answer, StatusCode::TOO_MANY_REQUESTS).await;
    // Named in the query, it is refused before the form is read, which here is none.
    let no_form = app.client.post(format!("{}/predict?models=sharpness", app.url)).body("x");
    let no_form = no_form.header("content-type", "multipart/form-data");
    problem(no_form.send().await.unwrap(), StatusCode::TOO_MANY_REQUESTS).await;
    json_of(app.predict(form(&[bmp(3)], &["average_color"])).await, StatusCode::ACCEPTED).await;
}

#[actix_web::test]
async fn a_photo_made_to_collide_is_a_conflict() {
    let app = App::start();
    json_of(app.predict(form(&[bmp(1)], &["sharpness"])).await, StatusCode::ACCEPTED).await;
    let files = app.image_files();
    let record = files.iter().find(|path| path.extension().unwrap() == "jsonl").unwrap();
    let text = std::fs::read_to_string(record).unwrap();
    let (before, after) = text.split_once("\"sha256\":\"").unwrap();
    let twin = format!("{before}\"sha256\":\"{}{}", "0".repeat(64), &after[64..]);
    std::fs::write(record, twin).unwrap();
    // The photo itself would show that the record is wrong.
    std::fs::remove_file(record.with_extension("bmp")).unwrap();
    let answer = app.predict(form(&[bmp(2), bmp(1)], &["sharpness"])).await;
    let body = problem(answer, StatusCode::CONFLICT).await;
    assert_eq!(body["photo"], 2);
}

#[actix_web::test]
async fn malformed_and_unknown_hashes_are_told_apart() {
    let app = App::start();
    let unknown = md5(b"never posted");
    for path in ["/predict", "/images"] {
        for bad in ["xyz", &unknown[1..], "..%2f..%2fetc%2fpasswd"] {
            problem(app.get(&format!("{path}/{bad}")).await, StatusCode::BAD_REQUEST).await;
        }
        for unknown in [&unknown, &unknown.to_uppercase()] {
            problem(app.get(&format!("{path}/{unknown}")).await, StatusCode::NOT_FOUND).await;
        }
    }
    let many = json!({"images": [unknown, "xyz"]});
    problem(app.post_json("/predict/status", &many).await, StatusCode::BAD_REQUEST).await;
}
