//! Photos made small.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, RgbImage};
use photo_tests::photos::bmp_of;
use reqwest::StatusCode;

use crate::app::{App, form, json_of, md5, problem};
use crate::uploads::hostile_photos::{bmp_header, heic};

async fn post(app: &App, photo: &[u8]) -> String {
    json_of(app.predict(form(&[photo.to_vec()], &["sharpness"])).await, StatusCode::ACCEPTED).await;
    format!("/images/{}", md5(photo))
}

#[actix_web::test]
async fn a_photo_is_given_out_small() {
    let app = App::start();
    let path = post(&app, &bmp_of(800, 600, 1)).await;
    for (width, height) in [(160, 120), (320, 240), (640, 480)] {
        let answer = app.get(&format!("{path}?width={width}")).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["content-type"], "image/jpeg");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        let thumbnail = answer.bytes().await.unwrap();
        let image = image::load_from_memory_with_format(&thumbnail, ImageFormat::Jpeg).unwrap();
        assert_eq!((image.width(), image.height()), (width, height));
    }
}

#[actix_web::test]
async fn whoever_has_it_is_not_sent_it_again() {
    let app = App::start();
    let path = post(&app, &bmp_of(200, 100, 1)).await;
    let mut tags = Vec::new();
    for query in ["", "?width=160", "?width=320"] {
        let url = format!("{}{path}{query}", app.url);
        let answer = app.client.get(&url).send().await.unwrap();
        let caching = answer.headers()["cache-control"].to_str().unwrap().to_owned();
        assert!(caching.contains("immutable"), "{caching}");
        let tag = answer.headers()["etag"].clone();
        let known = app.client.get(&url).header("if-none-match", &tag).send().await.unwrap();
        assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(known.headers()["cache-control"].to_str().unwrap(), caching);
        assert_eq!(known.headers()["etag"], tag);
        assert!(!tags.contains(&tag), "each has a tag of its own");
        tags.push(tag);
    }
}

#[actix_web::test]
async fn a_width_that_is_not_one_of_three_is_refused() {
    let app = App::start();
    let path = post(&app, &bmp_of(8, 8, 1)).await;
    for width in ["0", "161", "-160", "4294967296", "wide", ""] {
        problem(app.get(&format!("{path}?width={width}")).await, StatusCode::BAD_REQUEST).await;
    }
    let unknown = format!("/images/{}?width=160", md5(b"never posted"));
    problem(app.get(&unknown).await, StatusCode::NOT_FOUND).await;
}

#[actix_web::test]
async fn what_cannot_be_decoded_is_refused_in_words() {
    let app = App::start();
    let path = post(&app, &heic(8, 8)).await;
    let format =
        problem(app.get(&format!("{path}?width=160")).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let format = format.await["detail"].as_str().unwrap().to_owned();
    assert!(format.contains("HEIC"), "{format}");

    let mut photo = Cursor::new(Vec::new());
    DynamicImage::from(RgbImage::new(64, 64)).write_to(&mut photo, ImageFormat::Png).unwrap();
    let mut photo = photo.into_inner();
    // Behind the head of the chunk that holds the pixels.
    photo[41..].fill(0xA5);
    let path = post(&app, &photo).await;
    problem(app.get(&format!("{path}?width=160")).await, StatusCode::UNSUPPORTED_MEDIA_TYPE).await;
    assert_eq!(app.get(&path).await.bytes().await.unwrap(), photo, "the photo itself is there");
}

#[actix_web::test]
async fn a_photo_that_unpacks_to_too_much_is_refused_unread() {
    let app = App::start();
    let path = post(&app, &bmp_header(20_000, 10_000)).await;
    let answer = app.get(&format!("{path}?width=160")).await;
    let problem = problem(answer, StatusCode::PAYLOAD_TOO_LARGE).await;
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("MiB of memory"), "{detail}");
}

#[actix_web::test]
async fn many_are_made_at_the_same_time() {
    let app = App::start();
    let path = post(&app, &bmp_of(2_000, 2_000, 1)).await;
    let path = format!("{path}?width=160");
    let answers = futures_util::future::join_all((0..40).map(|_| app.get(&path))).await;
    let first = app.get(&path).await.bytes().await.unwrap();
    for answer in answers {
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.bytes().await.unwrap(), first);
    }
}
