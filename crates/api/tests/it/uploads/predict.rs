//! Photos in, hashes out.

use photo_tests::photos::bmp;
use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};
use serde_json::json;

use crate::app::{App, form, json_of, md5};

#[actix_web::test]
async fn photos_are_answered_with_their_hashes_and_jobs() {
    let app = App::start();
    let photos = [bmp(1), bmp(2)];
    let answer = app.predict(form(&photos, &["sharpness", "average_color"])).await;
    let answer = json_of(answer, StatusCode::ACCEPTED).await;
    assert_eq!(answer["images"], json!([md5(&photos[0]), md5(&photos[1])]));
    assert_eq!(answer["jobs"].as_array().unwrap().len(), 4);
    for job in answer["jobs"].as_array().unwrap() {
        assert_eq!((&job["state"], &job["new"]), (&json!("QUEUED"), &json!(true)));
        let id = format!("{}/{}", job["image"].as_str().unwrap(), job["model"].as_str().unwrap());
        assert_eq!(job["id"], json!(id));
    }
    assert_eq!(app.claim("sharpness").await.len(), 2);
    assert_eq!(app.claim("average_color").await.len(), 2);
}

#[actix_web::test]
async fn a_photo_posted_again_makes_no_new_job() {
    let app = App::start();
    json_of(app.predict(form(&[bmp(1)], &["sharpness"])).await, StatusCode::ACCEPTED).await;
    let again = app.predict(form(&[bmp(1)], &["sharpness", "average_color"])).await;
    let again = json_of(again, StatusCode::ACCEPTED).await;
    assert_eq!(again["jobs"][0]["new"], json!(false));
    assert_eq!(again["jobs"][1]["new"], json!(true));
    assert_eq!(app.claim("sharpness").await.len(), 1);
}

#[actix_web::test]
async fn one_hash_is_answered_per_photo_even_if_two_are_the_same() {
    let app = App::start();
    let answer = app.predict(form(&[bmp(1), bmp(2), bmp(1)], &["sharpness"])).await;
    let answer = json_of(answer, StatusCode::ACCEPTED).await;
    assert_eq!(answer["images"], json!([md5(&bmp(1)), md5(&bmp(2)), md5(&bmp(1))]));
    assert_eq!(answer["jobs"].as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn models_may_be_named_in_every_way_and_before_or_after_the_photos() {
    let app = App::start();
    let photo = || Part::bytes(bmp(1)).file_name("photo.bmp");
    let forms = [
        ("/predict", form(&[bmp(1)], &["sharpness", "average_color"])),
        ("/predict", form(&[bmp(1)], &["sharpness,average_color"])),
        ("/predict", form(&[bmp(1)], &[r#"["sharpness", "average_color"]"#])),
        ("/predict", Form::new().text("models", "sharpness,average_color").part("images", photo())),
        ("/predict?models=sharpness,average_color", form(&[bmp(1)], &[])),
        ("/predict?models=sharpness", form(&[bmp(1)], &["average_color", "sharpness"])),
        ("/predict?models=sharpness&models=average_color", form(&[bmp(1)], &[])),
    ];
    for (path, form) in forms {
        let answer = json_of(app.predict_at(path, form).await, StatusCode::ACCEPTED).await;
        let models: Vec<_> =
            answer["jobs"].as_array().unwrap().iter().map(|job| job["model"].clone()).collect();
        assert_eq!(models, [json!("sharpness"), json!("average_color")], "{path}");
    }
}

#[actix_web::test]
async fn a_finished_photo_is_run_again_only_when_asked() {
    use photo_core::job::Ending;
    let app = App::start();
    let post = async |path| {
        let answer = app.predict_at(path, form(&[bmp(1)], &["sharpness"])).await;
        json_of(answer, StatusCode::ACCEPTED).await["jobs"][0].clone()
    };
    post("/predict").await;
    let job = app.claim("sharpness").await.remove(0);
    let result = serde_json::value::RawValue::from_string("1".to_owned()).unwrap();
    app.end(&job, Ending::Succeeded(result)).await;
    let again = post("/predict").await;
    assert_eq!((&again["state"], &again["new"]), (&json!("SUCCEEDED"), &json!(false)));
    let rerun = post("/predict?rerun=true").await;
    assert_eq!((&rerun["state"], &rerun["new"]), (&json!("QUEUED"), &json!(true)));
}

#[actix_web::test]
async fn photos_are_queued_in_the_order_of_the_form() {
    let app = App::start();
    let photos: Vec<_> = [3, 1, 4, 1, 5, 9, 2, 6].map(bmp).into();
    let answer = app.predict(form(&photos, &["sharpness"])).await;
    json_of(answer, StatusCode::ACCEPTED).await;
    let order: Vec<_> =
        app.claim("sharpness").await.iter().map(|job| job.lease.id.image.to_string()).collect();
    let expected: Vec<_> = [3, 1, 4, 5, 9, 2, 6].map(|seed| md5(&bmp(seed))).into();
    assert_eq!(order, expected);
}

#[actix_web::test]
async fn urgent_photos_go_first() {
    let app = App::start();
    for (priority, seed) in [("low", 1), ("normal", 2), ("high", 3)] {
        let path = format!("/predict?priority={priority}");
        let answer = app.predict_at(&path, form(&[bmp(seed)], &["sharpness"])).await;
        json_of(answer, StatusCode::ACCEPTED).await;
    }
    let order: Vec<_> =
        app.claim("sharpness").await.iter().map(|job| job.lease.id.image.to_string()).collect();
    assert_eq!(order, [md5(&bmp(3)), md5(&bmp(2)), md5(&bmp(1))]);
}

#[actix_web::test]
async fn what_else_a_form_has_is_left_alone() {
    let app = App::start();
    let form = form(&[bmp(1)], &["sharpness"])
        .text("comment", "from the attic")
        // What a browser sends for a file input in which no file was chosen.
        .part("images", Part::bytes(Vec::new()).file_name(""));
    let answer = json_of(app.predict(form).await, StatusCode::ACCEPTED).await;
    assert_eq!(answer["images"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn a_file_name_reaches_neither_the_disk_nor_the_answer() {
    let app = App::start();
    for name in [
        "../../etc/passwd",
        "a/b.php",
        "CON.bmp",
        "%2e%2e%2fx",
        ".spool",
        "Übung \"1\" 写真.jpg",
        "a%0D%0Ab.jpg",
    ] {
        let part = Part::bytes(bmp(1)).file_name(name);
        let form = Form::new().part("images", part).text("models", "sharpness");
        json_of(app.predict(form).await, StatusCode::ACCEPTED).await;
    }
    let key = md5(&bmp(1));
    let mut names: Vec<_> = app
        .image_files()
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, [format!("{key}.bmp"), format!("{key}.jsonl")]);
}
