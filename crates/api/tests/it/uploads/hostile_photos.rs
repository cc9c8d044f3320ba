//! Photos that mean harm. What is refused leaves nothing behind, and what is accepted is given out
//! as the photo it is, whatever else it may be.

use photo_tests::photos::bmp;
use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};
use serde_json::json;

use crate::app::{App, form, json_of, md5, problem};

/// A JPEG's header and no pixels: `before` stands between its start and its frame.
fn jpeg(before: &[u8], width: u16, height: u16) -> Vec<u8> {
    let frame = [
        b"\xFF\xC0\x00\x0B\x08".as_slice(),
        &height.to_be_bytes(),
        &width.to_be_bytes(),
        b"\x01\x01\x11\x00",
    ];
    [b"\xFF\xD8".as_slice(), before, &frame.concat(), b"\xFF\xD9"].concat()
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
    [b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR".as_slice(), &size, b"\x08\0\0\0\0\0\0\0\0"].concat()
}

fn gif(width: u16, height: u16) -> Vec<u8> {
    let size = [width.to_le_bytes(), height.to_le_bytes()].concat();
    [b"GIF89a".as_slice(), &size, b"\x80\0\0\0\0\0\xFF\xFF\xFF;"].concat()
}

fn tiff(width: u32, height: u32) -> Vec<u8> {
    let entry = |tag: u16, value: u32| {
        [&tag.to_le_bytes()[..], b"\x04\0\x01\0\0\0", &value.to_le_bytes()].concat()
    };
    let entries = [entry(256, width), entry(257, height)].concat();
    [b"II*\0\x08\0\0\0\x02\0".as_slice(), &entries, b"\0\0\0\0"].concat()
}

fn webp(width: u32, height: u32) -> Vec<u8> {
    let (width, height) = ((width - 1).to_le_bytes(), (height - 1).to_le_bytes());
    let size = [&width[..3], &height[..3]].concat();
    [b"RIFF\x16\0\0\0WEBPVP8X\x0A\0\0\0\0\0\0\0".as_slice(), &size].concat()
}

pub fn heic(width: u32, height: u32) -> Vec<u8> {
    let boxed = |name: &[u8], content: &[u8]| {
        let length = u32::try_from(content.len() + 8).unwrap();
        [&length.to_be_bytes(), name, content].concat()
    };
    let size = [[0; 4], width.to_be_bytes(), height.to_be_bytes()].concat();
    let properties = boxed(b"iprp", &boxed(b"ipco", &boxed(b"ispe", &size)));
    let meta = boxed(b"meta", &[&[0; 4], properties.as_slice()].concat());
    let kind = boxed(b"ftyp", b"heic\0\0\0\0mif1heic");
    [kind, meta, boxed(b"mdat", &[0; 16])].concat()
}

pub fn bmp_header(width: i32, height: i32) -> Vec<u8> {
    let mut file = bmp(1);
    file[18..22].copy_from_slice(&width.to_le_bytes());
    file[22..26].copy_from_slice(&height.to_le_bytes());
    file
}

async fn post(app: &App, photo: &[u8]) -> reqwest::Response {
    app.predict(form(&[photo.to_vec()], &["sharpness"])).await
}

#[actix_web::test]
async fn a_bomb_of_any_format_is_refused_by_its_header() {
    let app = App::start();
    for (format, bomb) in [
        ("JPEG", jpeg(b"", 65535, 65535)),
        ("JPEG with fill bytes", jpeg(b"\xFF\xFF\xFF", 65535, 65535)),
        ("JPEG with stray bytes", jpeg(b"\xFF\xE0\x00\x02stray", 65535, 65535)),
        ("PNG", png(1 << 31, 1 << 31)),
        ("GIF", gif(65535, 65535)),
        ("TIFF", tiff(u32::MAX, u32::MAX)),
        ("WebP", webp(1 << 24, 1 << 24)),
        ("HEIC", heic(u32::MAX, u32::MAX)),
        ("BMP", bmp_header(i32::MAX, i32::MAX)),
        ("BMP on its head", bmp_header(i32::MAX, i32::MIN)),
    ] {
        let body = problem(post(&app, &bomb).await, StatusCode::PAYLOAD_TOO_LARGE).await;
        assert_eq!(body["title"], "Too many pixels", "{format}");
        app.assert_untouched().await;
    }
}

#[actix_web::test]
async fn a_photo_cut_anywhere_in_its_header_is_refused() {
    let app = App::start();
    for (photo, header) in [
        (jpeg(b"\xFF\xE0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0", 8, 8), 29),
        (png(8, 8), 24),
        (gif(8, 8), 10),
        (tiff(8, 8), 34),
        (webp(8, 8), 30),
        (heic(8, 8), 68),
        (bmp(1), 26),
    ] {
        // One request for each end that can be, one byte after the other.
        for end in 0..header {
            let answer = post(&app, &photo[..end]).await;
            let body = problem(answer, StatusCode::UNSUPPORTED_MEDIA_TYPE).await;
            assert_eq!(body["photo"], 1, "{end} bytes of {photo:?}");
        }
        app.assert_untouched().await;
    }
    for (photo, header) in [(gif(8, 8), 13), (webp(8, 8), 30), (bmp(1), 26)] {
        json_of(post(&app, &photo[..header]).await, StatusCode::ACCEPTED).await;
    }
}

/// Some decoders take the second frame of these for the first; libjpeg, which everything here
/// decodes with, does not.
#[actix_web::test]
async fn a_jpeg_has_the_size_of_the_frame_that_libjpeg_finds() {
    let app = App::start();
    let frame = b"\xFF\xC0\x00\x0B\x08\x00\x08\x00\x08\x01\x01\x11\x00".as_slice();
    let two = |before: &[u8]| jpeg(&[before, frame].concat(), 65535, 65535);
    let second_start = post(&app, &two(b"\xFF\xD8\x00\x0F")).await;
    problem(second_start, StatusCode::UNSUPPORTED_MEDIA_TYPE).await;
    app.assert_untouched().await;
    for before in [b"\xFF\xD0\x00\x0F".as_slice(), b"\xFF\x01\x00\x0F", b"\xFF\xE0\x00\x06abcd"] {
        let photo = two(before);
        json_of(post(&app, &photo).await, StatusCode::ACCEPTED).await;
        let info = app.get(&format!("/images/{}/info", md5(&photo))).await;
        let info = json_of(info, StatusCode::OK).await;
        assert_eq!((&info["width"], &info["height"]), (&json!(8), &json!(8)));
        let small = app.get(&format!("/images/{}?width=160", md5(&photo))).await;
        problem(small, StatusCode::UNSUPPORTED_MEDIA_TYPE).await;
    }
}

#[actix_web::test]
async fn a_header_that_goes_on_and_on_is_refused() {
    let app = App::start();
    let segments = b"\xFF\xE1\x00\x02".repeat(1_000_000);
    let boxes = [b"\0\0\0\x10ftypheic\0\0\0\0".as_slice(), &b"\0\0\0\x08free".repeat(1_000_000)];
    let entries = b"\0\x01\x03\0\x01\0\0\0\0\0\0\0".repeat(60_000);
    for endless in [
        jpeg(&segments, 8, 8),
        jpeg(&b"\xFF\x00".repeat(1_000_000), 8, 8),
        boxes.concat(),
        [b"II*\0\x08\0\0\0\xFF\xFF".as_slice(), &entries].concat(),
    ] {
        problem(post(&app, &endless).await, StatusCode::UNSUPPORTED_MEDIA_TYPE).await;
    }
    app.assert_untouched().await;
    // A large one is not endless: as much of Exif as there can be, and colour profiles beside it.
    let segment = [b"\xFF\xE1\xFF\xFF".as_slice(), &vec![b'x'; 65533]].concat();
    let large = jpeg(&[&segment.repeat(300), b"\xFF".repeat(100_000).as_slice()].concat(), 8, 8);
    json_of(post(&app, &large).await, StatusCode::ACCEPTED).await;
}

#[actix_web::test]
async fn what_is_only_called_a_photo_is_refused() {
    let app = App::start();
    for text in [
        b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>".as_slice(),
        b"<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><x>&a;</x>",
        b"%PDF-1.7\n1 0 obj",
        b"%!PS-Adobe-3.0 EPSF-3.0",
        b"PK\x03\x04 a zip",
        b"\x1F\x8B a gzip",
        b"MZ a program",
        b"#!/bin/sh\nrm -rf /",
        b"\0\0\0\x18ftypmp42\0\0\0\0isommp42 a film",
        b"\0\0\x01\0\x01\0\x01\x01 an icon",
        b"B",
        b"\0",
        b"\xFF",
    ] {
        for (name, media_type) in [("photo.jpg", "image/jpeg"), ("photo.svg", "image/svg+xml")] {
            let part = Part::bytes(text.to_vec()).file_name(name).mime_str(media_type).unwrap();
            let form = Form::new().text("models", "sharpness").part("images", part);
            problem(app.predict(form).await, StatusCode::UNSUPPORTED_MEDIA_TYPE).await;
        }
    }
    app.assert_untouched().await;
}

#[actix_web::test]
async fn a_photo_that_is_something_else_too_is_only_ever_a_photo() {
    let app = App::start();
    let script = b"\xFF\xFE\x00\x20<script>alert(1)</script><!-- ";
    let comment =
        [b"GIF89a".as_slice(), b"\x08\0\x08\0\0\0\0!\xFE\x1A*/=1;alert(document.cookie)\0;"];
    for (photo, media_type, extension) in [
        (jpeg(script, 8, 8), "image/jpeg", "jpg"),
        ([jpeg(b"", 8, 8), b"PK\x03\x04 a zip behind it".to_vec()].concat(), "image/jpeg", "jpg"),
        (comment.concat(), "image/gif", "gif"),
        ([png(8, 8), b"<?php system($_GET[0]); ?>".to_vec()].concat(), "image/png", "png"),
    ] {
        let part = Part::bytes(photo.clone()).file_name("photo.php.html");
        let part = part.mime_str("text/html").unwrap();
        let form = Form::new().text("models", "sharpness").part("images", part);
        let answer = json_of(app.predict(form).await, StatusCode::ACCEPTED).await;
        assert_eq!(answer["images"], json!([md5(&photo)]));
        let name = format!("{}.{extension}", md5(&photo));
        assert!(app.image_files().iter().any(|path| path.ends_with(&name)));

        let given = app.get(&format!("/images/{}", md5(&photo))).await;
        let headers = given.headers();
        assert_eq!(headers["content-type"], media_type);
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["content-security-policy"], "default-src 'none'; sandbox");
        assert_eq!(headers["content-disposition"], format!("inline; filename=\"{name}\""));
        assert_eq!(given.bytes().await.unwrap(), photo);
    }
}

#[actix_web::test]
async fn a_film_of_a_million_frames_is_one_photo() {
    let app = App::start();
    let frame = b"\x21\xF9\x04\0\x01\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0";
    let film = [&gif(1, 1)[..19], &frame.repeat(1_000_000), b";"].concat();
    let answer = json_of(post(&app, &film).await, StatusCode::ACCEPTED).await;
    assert_eq!(answer["jobs"].as_array().unwrap().len(), 1);
}
