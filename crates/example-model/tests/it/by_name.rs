//! Photos in a folder shared with the server.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use example_model::{Generation, Options, serve};
use reqwest::StatusCode;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::support::{Service, answer, red_photo};

fn options(images: &Path) -> Options {
    let generation = Generation::Filename { images: images.to_owned() };
    Options { generation, ..Options::default() }
}

#[tokio::test]
async fn a_photo_is_measured_by_its_name() {
    let images = tempfile::tempdir().unwrap();
    fs::create_dir(images.path().join("ab")).unwrap();
    fs::write(images.path().join("ab/red photo.png"), red_photo()).unwrap();
    let service = Service::start(options(images.path()));
    let (status, body) = answer(service.by_name("ab/red photo.png")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body["result"]["result"]["width"], json!(40));
}

#[tokio::test]
async fn a_photo_that_is_missing_or_outside_or_damaged_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    let images = parent.path().join("images");
    fs::create_dir(&images).unwrap();
    fs::write(parent.path().join("outside.png"), red_photo()).unwrap();
    fs::write(images.join("damaged.png"), &red_photo()[..60]).unwrap();
    let service = Service::start(options(&images));
    for (name, reason) in [
        ("missing.png", "Invalid file name provided: [missing.png]."),
        ("../outside.png", "Invalid file name provided: [../outside.png]."),
        ("damaged.png", "cannot be decoded"),
    ] {
        let (status, body) = answer(service.by_name(name)).await;
        assert_eq!((status, &body["status"]), (StatusCode::BAD_REQUEST, &json!("failure")));
        let detail = body["detail"].as_str().unwrap();
        assert!(detail.contains(reason), "{detail}");
    }
}

#[tokio::test]
async fn a_request_without_a_name_finds_no_photo() {
    let images = tempfile::tempdir().unwrap();
    let service = Service::start(options(images.path()));
    let (status, body) = answer(service.post("/predict")).await;
    assert_eq!((status, &body["status"]), (StatusCode::BAD_REQUEST, &json!("failure")));
}

#[tokio::test]
async fn a_service_without_its_folder_does_not_start() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let served = serve(listener, options(Path::new("/no/such/folder")), CancellationToken::new());
    assert!(served.is_err_and(|e| e.to_string().contains("/no/such/folder")));
}
