//! Photos and records that the disk has damaged: what clients are told, and how they mend them.

use std::fs;
use std::path::PathBuf;

use photo_core::job::Ending;
use photo_core::{JobError, JobErrorKind};
use photo_tests::photos::{bmp, bmp_of};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::app::{App, form, json_of, md5, problem};

fn file(app: &App, image: &str, extension: &str) -> PathBuf {
    let is_it = |path: &PathBuf| {
        path.file_stem().is_some_and(|stem| stem == image)
            && path.extension().is_some_and(|it| it == extension)
    };
    app.image_files().into_iter().find(is_it).unwrap()
}

fn flip_a_bit(file: &PathBuf) {
    let mut bytes = fs::read(file).unwrap();
    let at = bytes.len() - 9;
    bytes[at] ^= 4;
    fs::write(file, bytes).unwrap();
}

async fn post(app: &App, photos: &[Vec<u8>], models: &[&str]) -> Value {
    json_of(app.predict(form(photos, models)).await, StatusCode::ACCEPTED).await
}

#[actix_web::test]
async fn a_damaged_photo_is_shown_to_nobody_and_missing_until_it_is_posted_again() {
    let app = App::start();
    let (small, large) = (bmp(1), bmp_of(640, 481, 7));
    let images = [md5(&small), md5(&large)];
    post(&app, &[small.clone(), large.clone()], &["sharpness"]).await;
    for image in &images {
        flip_a_bit(&file(&app, image, "bmp"));
    }
    let told =
        problem(app.get(&format!("/images/{}", images[0])).await, StatusCode::NOT_FOUND).await;
    assert_eq!(told["title"], "Damaged image");
    assert!(told["detail"].as_str().unwrap().contains(&images[0]), "{told}");
    // Of a large one all but the end may be sent, and then the answer breaks off.
    let broken = app.get(&format!("/images/{}", images[1])).await;
    assert!(broken.bytes().await.is_err());
    for image in &images {
        let small = app.get(&format!("/images/{image}?width=160")).await;
        assert_eq!(problem(small, StatusCode::NOT_FOUND).await["title"], "Damaged image");
    }
    let question = json!({"images": images, "models": ["sharpness"]});
    let lacking = json_of(app.post_json("/predict/check", &question).await, StatusCode::OK).await;
    assert_eq!(lacking["missing_images"].as_array().unwrap().len(), 2);

    post(&app, &[small.clone(), large.clone()], &["sharpness"]).await;
    for (image, photo) in images.iter().zip([small, large]) {
        let shown = app.get(&format!("/images/{image}")).await.bytes().await.unwrap();
        assert!(shown == photo);
    }
}

#[actix_web::test]
async fn jobs_that_failed_for_a_damaged_photo_are_done_once_it_is_posted_again() {
    let app = App::start();
    let image = md5(&bmp(1));
    post(&app, &[bmp(1)], &["sharpness", "average_color"]).await;
    post(&app, &[bmp(2)], &["sharpness"]).await;
    let refused = app.claim("sharpness").await;
    let (refused, damaged): (Vec<_>, Vec<_>) =
        refused.into_iter().partition(|job| job.lease.id.image.to_string() != image);
    let fail = |kind| Ending::Failed(JobError::new(kind, "no"));
    app.end_all(&refused, fail(JobErrorKind::Refused)).await;
    app.end_all(&damaged, fail(JobErrorKind::ImageDamaged)).await;
    let missing = app.claim("average_color").await;
    app.end_all(&missing, fail(JobErrorKind::ImageMissing)).await;
    flip_a_bit(&file(&app, &image, "bmp"));
    let accepted = post(&app, &[bmp(1), bmp(2)], &["sharpness"]).await;
    // Not what failed for a reason of its own.
    for (job, (state, new)) in [("QUEUED", true), ("FAILED", false)].into_iter().enumerate() {
        let job = &accepted["jobs"][job];
        assert_eq!((&job["state"], &job["new"]), (&json!(state), &json!(new)), "{accepted}");
    }
    // The others of the image, too; and none of them is lost with the job store.
    let states = app.states(&image).await;
    assert_eq!((&*states["sharpness"], &*states["average_color"]), ("QUEUED", "QUEUED"));
    assert_eq!(app.refilled(&image).await.len(), 2);
    assert_eq!(app.claim("sharpness").await.len(), 1);
}

/// What any one image has wrong with it keeps no other from being answered for.
#[actix_web::test]
async fn a_damaged_record_blocks_no_request_that_names_others_too() {
    let app = App::start();
    let photos: Vec<Vec<u8>> = (0..3).map(bmp).collect();
    let images: Vec<String> = photos.iter().map(|photo| md5(photo)).collect();
    post(&app, &photos, &["sharpness"]).await;
    let jobs = app.claim("sharpness").await;
    let error = JobError::new(JobErrorKind::Refused, "no");
    app.end_all(&jobs, Ending::Failed(error)).await;
    // One of which nothing is left, and one that can be mended by its photo.
    let lost = file(&app, &images[0], "jsonl");
    fs::remove_file(&lost).unwrap();
    fs::create_dir(&lost).unwrap();
    fs::remove_file(file(&app, &images[0], "bmp")).unwrap();
    fs::write(file(&app, &images[1], "jsonl"), "").unwrap();
    app.lose_jobs();

    let question = json!({"images": images, "models": ["sharpness"]});
    let lacking = json_of(app.post_json("/predict/check", &question).await, StatusCode::OK).await;
    assert_eq!(lacking["missing_images"], json!([images[0]]));
    let named = json!({"images": images});
    let told = json_of(app.post_json("/predict/status", &named).await, StatusCode::OK).await;
    assert_eq!(told["images"].as_object().unwrap().len(), 1, "{told}");
    assert_eq!(told["damaged"].as_array().unwrap().len(), 2, "{told}");
    let alone = app.get(&format!("/predict/{}", images[0])).await;
    assert_eq!(problem(alone, StatusCode::NOT_FOUND).await["title"], "Damaged image");
    let cancelled = json_of(app.post_json("/predict/cancel", &named).await, StatusCode::OK).await;
    assert_eq!(cancelled["jobs"].as_array().unwrap().len(), 1, "the one whose record is whole");
    assert_eq!(cancelled["jobs"][0]["image"], json!(images[2]));
    json_of(app.post_json("/predict/retry", &named).await, StatusCode::OK).await;

    post(&app, &photos, &["sharpness"]).await;
    let told = json_of(app.post_json("/predict/status", &named).await, StatusCode::OK).await;
    assert_eq!(told["images"].as_object().unwrap().len(), 3, "{told}");
    assert!(told.get("damaged").is_none(), "{told}");
}

#[actix_web::test]
async fn a_deep_check_reads_all_photos_and_says_which_are_damaged() {
    let app = App::start();
    post(&app, &[bmp(1), bmp(2)], &["sharpness"]).await;
    flip_a_bit(&file(&app, &md5(&bmp(1)), "bmp"));
    let fsck = async |query: &str| {
        let text = app.post_json(&format!("/fsck{query}"), &json!({})).await.text().await.unwrap();
        let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        (text, last["report"].clone())
    };
    assert_eq!(fsck("").await.1["agree"], true);
    let (text, report) = fsck("?deep=true").await;
    assert!(text.lines().next().unwrap().contains("\"bytes\":"), "{text}");
    assert_eq!((&report["verified_photos"], &report["damaged_photos"]), (&json!(2), &json!(1)));
    assert_eq!(
        (&report["agree"], &report["findings"][0]["image"]),
        (&json!(false), &json!(md5(&bmp(1))))
    );
    post(&app, &[bmp(1)], &["sharpness"]).await;
    assert_eq!(fsck("?deep=true").await.1["agree"], true);
}
