//! Photos in, results out.

use reqwest::StatusCode;
use serde_json::json;

use crate::files::files;
use crate::system::{System, form, jpeg, md5};

#[tokio::test(flavor = "multi_thread")]
async fn many_photos_times_many_models_all_end_with_their_results() {
    let mut system = System::start();
    let _models = system.two_models();
    let api = system.api();
    let _dispatchers = [system.dispatcher(), system.dispatcher()];
    let models = ["average_color", "perceptual_hash"];

    let photos: Vec<Vec<u8>> = (0..200).map(jpeg).collect();
    let mut images = Vec::new();
    for photos in photos.chunks(20) {
        let (status, body) = api.predict(photos, &models).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{body}");
        let hashes: Vec<String> = photos.iter().map(|photo| md5(photo)).collect();
        assert_eq!(body["images"], json!(hashes));
        images.extend(hashes);
    }
    for (image, view) in api.wait_for_all(&images).await {
        assert_eq!(view["status"], "SUCCEEDED", "{image}: {view:#}");
        for model in models {
            assert!(view["results"][model].is_object(), "{image}: {view:#}");
            assert_eq!(view["jobs"][model]["attempts"], 1, "{image}: {view:#}");
        }
    }

    // Asking again makes no new job and no new file.
    let before = files(&system.images());
    let (_, body) = api.predict(&photos, &models).await;
    assert!(body["jobs"].as_array().unwrap().iter().all(|job| job["new"] == json!(false)));
    assert_eq!(files(&system.images()), before);
    let (_, models) = api.get("/models").await;
    assert_eq!(models["details"]["average_color"]["queued"], 0);
    assert_eq!(models["details"]["average_color"]["running"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_photos_in_one_request_work() {
    let mut system = System::start();
    let noop = system.model(&["--noop"]);
    system.configure(&format!("[models]\nnoop = {{ url = \"{}\", concurrency = 32 }}", noop.url));
    let api = system.api();
    let _dispatcher = system.dispatcher();
    let photos: Vec<Vec<u8>> = (0..1000).map(photo_tests::photos::bmp).collect();
    let (status, body) = api.predict(&photos, &["noop"]).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{body}");
    let images: Vec<String> = photos.iter().map(|photo| md5(photo)).collect();
    let views = api.wait_for_all(&images).await;
    assert!(views.values().all(|view| view["status"] == "SUCCEEDED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_refuses_a_photo_ends_its_job_with_its_own_words() {
    let mut system = System::start();
    let _models = system.two_models();
    let api = system.api();
    let _dispatcher = system.dispatcher();
    // A header that is fine and a body that is not: accepted by us, refused by the model.
    let broken = [&jpeg(1)[..400], b"and nothing more"].concat();
    let (status, body) = api.predict(&[broken.clone(), jpeg(2)], &["average_color"]).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{body}");
    let view = api.wait_for_end(&md5(&broken)).await;
    assert_eq!(view["status"], "FAILED", "{view:#}");
    let job = &view["jobs"]["average_color"];
    assert_eq!(job["error"]["kind"], "refused", "{view:#}");
    assert_eq!(job["error"]["http_status"], 400, "{view:#}");
    assert_eq!(job["attempts"], 1, "{view:#}");
    assert_eq!(api.wait_for_end(&md5(&jpeg(2))).await["status"], "SUCCEEDED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_fails_now_and_then_gives_every_result_in_the_end() {
    let mut system = System::start();
    let model = system.model(&["--noop", "--fail-rate", "0.2"]);
    // Twenty failures in a row are not seen in the life of the universe, nor a hundred photos
    // without one.
    system
        .configure(&format!("[models]\nflaky = {{ url = \"{}\", max_attempts = 20 }}", model.url));
    let api = system.api();
    let _dispatcher = system.dispatcher();
    let photos: Vec<Vec<u8>> = (0..100).map(photo_tests::photos::bmp).collect();
    api.predict(&photos, &["flaky"]).await;
    let images: Vec<String> = photos.iter().map(|photo| md5(photo)).collect();
    let mut failures = 0;
    for (image, view) in api.wait_for_all(&images).await {
        assert_eq!(view["status"], "SUCCEEDED", "{image}: {view:#}");
        let job = &view["jobs"]["flaky"];
        let failed = job["failures"].as_u64().unwrap();
        // Not always one less: an attempt is given back if its endpoint was set to rest meanwhile.
        assert!(failed < job["attempts"].as_u64().unwrap(), "{image}: {view:#}");
        failures += failed;
    }
    assert!(failures > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_generations_of_model_services_work_without_being_told_which() {
    let mut system = System::start();
    let images = system.folder("images").display().to_string();
    let args = ["--model", "image_shape", "--generation", "filename", "--images", &images];
    let by_name = system.model(&args);
    let in_body = system.model(&["--model", "sharpness"]);
    system.configure(&format!(
        "[models]\nimage_shape = \"{}\"\nsharpness = \"{}\"",
        by_name.url, in_body.url
    ));
    let api = system.api();
    let _dispatcher = system.dispatcher();
    api.post("/predict", form(&[jpeg(1)], &["image_shape,sharpness"])).await.unwrap();
    let view = api.wait_for_end(&md5(&jpeg(1))).await;
    assert_eq!(view["status"], "SUCCEEDED", "{view:#}");
    assert_eq!(view["results"]["image_shape"]["width"], 96);
}
