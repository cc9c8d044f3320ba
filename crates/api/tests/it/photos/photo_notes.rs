//! What is told of a photo beside its bytes: its format, its size, and what is wrong with it.

use std::fs;
use std::path::PathBuf;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::app::{App, form, json_of, md5};

/// 48 by 32 pixels, with a restart after each block.
const JPEG: &[u8] = include_bytes!("../../../../photo-decode/tests/photos/restarts.jpg");

const CUT_SHORT: &str = "The photo is cut short: its JPEG data ends before the picture does.";

async fn post(app: &App, photo: &[u8]) -> String {
    json_of(app.predict(form(&[photo.to_vec()], &["sharpness"])).await, StatusCode::ACCEPTED).await;
    md5(photo)
}

async fn get(app: &App, path: &str) -> Value {
    json_of(app.get(path).await, StatusCode::OK).await
}

#[actix_web::test]
async fn a_photo_that_is_cut_short_says_so_wherever_it_is_told_of() {
    let app = App::start();
    let (whole, cut) = (post(&app, JPEG).await, post(&app, &JPEG[..JPEG.len() / 2]).await);
    let many = json!({"images": [whole, cut]});
    let answer = app.client.post(format!("{}/predict/status", app.url)).json(&many).send().await;
    let many = json_of(answer.unwrap(), StatusCode::OK).await;
    for (image, notes) in [(&whole, &Value::Null), (&cut, &json!([CUT_SHORT]))] {
        assert_eq!(&get(&app, &format!("/predict/{image}")).await["notes"], notes);
        assert_eq!(&get(&app, &format!("/images/{image}/info")).await["notes"], notes);
        assert_eq!(&many["images"][image]["notes"], notes);
    }
    let mut events = app.get(&format!("/events?images={cut}")).await;
    let mut told = String::new();
    while !told.contains("\n\nevent: image") && !told.contains(CUT_SHORT) {
        told.push_str(&String::from_utf8_lossy(&events.chunk().await.unwrap().unwrap()));
    }
    assert!(told.contains(CUT_SHORT), "{told}");
}

#[actix_web::test]
async fn what_decoding_finds_wrong_is_added_to_the_notes() {
    let app = App::start();
    let mut photo = JPEG.to_vec();
    // No marker is out of its place, but a block's data is not what it was.
    let third = photo.windows(2).position(|it| it == b"\xFF\xD2").unwrap();
    photo[third - 20..third].fill(0xA5);
    let image = post(&app, &photo).await;
    assert_eq!(get(&app, &format!("/predict/{image}")).await["notes"], Value::Null);
    for _ in 0..2 {
        assert_eq!(app.get(&format!("/images/{image}?width=160")).await.status(), StatusCode::OK);
        let notes = &get(&app, &format!("/predict/{image}")).await["notes"];
        let damaged = "The photo is damaged: parts of its JPEG data cannot be decoded.";
        assert_eq!(notes, &json!([damaged]));
    }
    // Posted again it is the same photo.
    post(&app, &photo).await;
    assert_eq!(
        get(&app, &format!("/images/{image}/info")).await["notes"].as_array().unwrap().len(),
        1
    );
}

#[actix_web::test]
async fn a_record_written_before_there_were_notes_and_orientations_opens() {
    let app = App::start();
    // Exif with nothing but the orientation 6, and a photo that is cut short.
    let exif =
        b"\xFF\xE1\0\x22Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let photo = [&JPEG[..2], exif, &JPEG[2..JPEG.len() / 2]].concat();
    let image = post(&app, &photo).await;
    let is_record = |path: &PathBuf| path.extension().is_some_and(|it| it == "jsonl");
    let record = app.image_files().into_iter().find(is_record).unwrap();
    let text = fs::read_to_string(&record).unwrap();
    let (before, after) = text.split_once(r#","orientation":6,"notes":["#).unwrap();
    let (_, after) = after.split_once(']').unwrap();
    fs::write(&record, [before, after].concat()).unwrap();
    fs::remove_file(record.parent().unwrap().parent().unwrap().join(".noted")).unwrap();
    let info = get(&app, &format!("/images/{image}/info")).await;
    assert_eq!(info["orientation"], 6);
    // Posted again, what is wrong with it is written down.
    post(&app, &photo).await;
    assert_eq!(get(&app, &format!("/predict/{image}")).await["notes"], json!([CUT_SHORT]));
}

#[actix_web::test]
async fn every_format_is_told_by_its_own_name_and_those_that_cannot_be_previewed_say_so() {
    let app = App::start();
    let boxed = |kind: &[u8], content: &[u8]| {
        let length = u32::try_from(content.len() + 8).unwrap();
        [&length.to_be_bytes(), kind, content].concat()
    };
    let size = boxed(b"ispe", &[[0; 4], 32_u32.to_be_bytes(), 16_u32.to_be_bytes()].concat());
    let properties = boxed(b"iprp", &boxed(b"ipco", &size));
    let meta = boxed(b"meta", &[&[0; 4], properties.as_slice()].concat());
    let avif = [boxed(b"ftyp", b"avif\0\0\0\0mif1avif"), meta, boxed(b"mdat", b"")].concat();
    let psd = b"8BPS\0\x01\0\0\0\0\0\0\0\x03\0\0\0\x10\0\0\0\x20\0\x08\0\x03".to_vec();
    let jp2 = b"\xFF\x4F\xFF\x51\0\x2F\0\0\0\0\0\x20\0\0\0\x10\0\0\0\0\0\0\0\0".to_vec();
    let jxl = b"\xFF\x0A\xC3\x2D\0\0".to_vec();
    for (photo, name, format, media_type) in [
        (avif, "AVIF", "avif", "image/avif"),
        (psd, "PSD", "psd", "image/vnd.adobe.photoshop"),
        (jp2, "JPEG 2000", "jp2", "image/jp2"),
        (jxl, "JPEG XL", "jxl", "image/jxl"),
    ] {
        let image = post(&app, &photo).await;
        let info = get(&app, &format!("/images/{image}/info")).await;
        assert_eq!(info["format"], format);
        assert_eq!(info["media_type"], media_type);
        assert_eq!((&info["width"], &info["height"]), (&json!(32), &json!(16)), "{name}");
        let given = app.get(&format!("/images/{image}")).await;
        assert_eq!(given.headers()["content-type"], media_type);
        assert_eq!(given.bytes().await.unwrap(), photo);
        let small = app.get(&format!("/images/{image}?width=160")).await;
        let small = json_of(small, StatusCode::UNSUPPORTED_MEDIA_TYPE).await;
        let detail = small["detail"].as_str().unwrap();
        assert!(detail.starts_with(&format!("{name} photos cannot be previewed here")), "{detail}");
    }
}
