//! Forms that mean harm: tricks with names, parts, boundaries and lengths. None brings the server
//! down, leaves anything behind when it is refused, or has a say in where anything is stored.

use photo_tests::photos::bmp;
use serde_json::{Value, json};

use crate::app::{App, md5};
use crate::raw::{AndThen, form_of, head, post, send};

const PHOTO: &str = "name=\"images\"; filename=\"photo.bmp\"";
const PATH: &str = "/predict?models=sharpness";

fn assert_problem((status, body): (u16, String), expected: u16) {
    assert_eq!(status, expected, "{body}");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert!(body["detail"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
}

#[actix_web::test]
async fn no_file_name_reaches_the_disk_or_an_answer() {
    let app = App::start();
    let long = "a".repeat(20_000);
    for name in [
        "filename=\"../../../../tmp/evil\"",
        "filename=\"/etc/passwd\"",
        "filename=\"C:\\\\windows\\\\evil.exe\"",
        "filename=\"..\\\\..\\\\evil\"",
        "filename=\"evil\0.jpg\"",
        "filename=\"a\\\"; name=\\\"models\"",
        "filename=\"evil%0d%0aSet-Cookie: x=y\"",
        "filename=\"\u{202e}gpj.evil\"",
        "filename=\"evil\u{7}\u{1b}[31m\"",
        "filename=\"{{7*7}}${evil}$(evil)`evil`\"",
        "filename*=UTF-8''..%2F..%2Fevil",
        "filename*=UTF-8''evil%00%0d%0a",
        "filename*=ISO-8859-1'en'%E9vil",
        "filename*=evil",
        "filename=\"a\"; filename*=UTF-8''evil",
        "filename=evil",
        "filename=\".\"",
        "filename=\"CON\"",
        &format!("filename=\"{long}\""),
    ] {
        let form = form_of(&[(&format!("name=\"images\"; {name}"), &bmp(1))]);
        let (status, body) = post(&app, PATH, &form).await;
        // Some are no header any more, and fail the form; none does anything else.
        assert!(matches!(status, 202 | 400), "{name}: {status} {body}");
        assert!(!body.contains("evil") && !body.contains("etc"), "{name}: {body}");
        let photo = md5(&bmp(1));
        for path in app.image_files() {
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            assert!([format!("{photo}.bmp"), format!("{photo}.jsonl")].contains(&file), "{file}");
        }
    }
}

#[actix_web::test]
async fn a_form_that_is_torn_is_refused() {
    let app = App::start();
    let whole = form_of(&[(PHOTO, &bmp(1))]);
    let photo = bmp(1);
    let part = |head: &str| form_of(&[(head, &photo)]);
    for form in [
        b"".to_vec(),
        b"--x--\r\n".to_vec(),
        b"--x".to_vec(),
        b"--y\r\n".to_vec(),
        whole[..whole.len() - 7].to_vec(),
        whole[..whole.len() - 20].to_vec(),
        whole[..40].to_vec(),
        [&whole[..whole.len() - 4], b"y\r\n"].concat(),
        // Other things said twice, or not at all.
        b"--x\r\nContent-Type: image/bmp\r\n\r\nBM\r\n--x--\r\n".to_vec(),
        b"--x\r\nContent-Disposition: attachment; name=\"images\"\r\n\r\nBM\r\n--x--\r\n".to_vec(),
        part("filename=\"no-name\""),
        part("name=images\r\nContent-Type: multipart/mixed; boundary=y"),
        // Heads that are no heads.
        part(&format!("{PHOTO}\r\n{}", "x: y\r\n".repeat(100))),
        part(&format!("{PHOTO}\r\nx: {}", "y".repeat(1_000_000))),
        part("name=\"images\0\"\r\n\0: \0"),
        // A line that never ends where a boundary should be.
        vec![b'x'; 1_000_000],
    ] {
        assert_problem(post(&app, PATH, &form).await, 400);
    }
    app.assert_untouched().await;
}

/// One that were believed would cut a photo short, or have it swallow the next.
#[actix_web::test]
async fn no_part_has_a_say_in_its_length() {
    let app = App::start();
    let photos = [bmp(1), bmp(2)];
    let lengths = ["0", "1", "245", "246", "247", "300", "18446744073709551615", "-1", "many"];
    for name in ["Content-Length", "content-length", "CONTENT-LENGTH"] {
        for length in lengths {
            let part = format!("{PHOTO}\r\n{name}: {length}");
            let form = form_of(&[(&part, &photos[0]), (PHOTO, &photos[1])]);
            let (status, body) = post(&app, PATH, &form).await;
            assert_eq!(status, 202, "{length}: {body}");
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(body["images"], json!([md5(&photos[0]), md5(&photos[1])]));
        }
    }
}

#[actix_web::test]
async fn more_parts_than_anybody_sends_are_refused() {
    let app = App::start();
    let text = vec![("name=\"comment\"", b"".as_slice()); 3_001];
    assert_problem(post(&app, PATH, &form_of(&text)).await, 400);
    let no_file_chosen = vec![("name=\"images\"; filename=\"\"", b"".as_slice()); 3_001];
    assert_problem(post(&app, PATH, &form_of(&no_file_chosen)).await, 400);
    let models = vec![("name=\"models\"", b"sharpness".as_slice()); 1_001];
    assert_problem(post(&app, PATH, &form_of(&models)).await, 400);
    let long = vec![b'x'; 200_000];
    assert_problem(post(&app, PATH, &form_of(&[("name=\"comment\"", &long)])).await, 400);
    let photos: Vec<_> = (0..1_001).map(bmp).collect();
    let photos: Vec<_> = photos.iter().map(|photo| (PHOTO, photo.as_slice())).collect();
    assert_problem(post(&app, PATH, &form_of(&photos)).await, 413);
    app.assert_untouched().await;
}

#[actix_web::test]
async fn a_request_that_ends_before_its_form_is_refused() {
    let app = App::start();
    let form = form_of(&[(PHOTO, &bmp(1))]);
    let request = |headers: &str, body: &[u8]| [&head(PATH, headers), body].concat();
    let cut = &form[..form.len() - 30];
    for sent in [
        request(&format!("Content-Length: {}", form.len()), cut),
        request(&format!("Content-Length: {}", cut.len()), &form),
        request("Content-Length: 0", &form),
        request("Transfer-Encoding: chunked", b"5\r\n--x\r\n\r\n0\r\n\r\n"),
        request("Transfer-Encoding: chunked", b"5\r\n--x"),
        request("Transfer-Encoding: chunked", b"FFFFFFFFFFFFFFFFFF\r\n--x"),
        request("Transfer-Encoding: chunked", b"-1\r\n--x"),
        request("Transfer-Encoding: chunked", b"zz\r\n"),
        request("Transfer-Encoding: gzip", &form),
        request("Content-Length: 5\r\nContent-Length: 6", &form),
        request("Content-Length: 5\r\nTransfer-Encoding: chunked", &form),
        request("Content-Length: many", &form),
        request(&format!("Content-Length: {}\r\nx: {}", form.len(), "y".repeat(200_000)), &form),
        request(&format!("Content-Length: {}\r\n{}", form.len(), "x: y\r\n".repeat(500)), &form),
    ] {
        let (status, body) = send(&app, &sent, AndThen::HangUp).await;
        // What is no HTTP gets an answer of the server below, or none.
        assert!(status == 0 || (400..500).contains(&status), "{status} {body}");
    }
    app.assert_untouched().await;
    assert_eq!(post(&app, PATH, &form).await.0, 202);
}

#[actix_web::test]
async fn a_compressed_form_is_refused_as_such() {
    let app = App::start();
    let form = form_of(&[(PHOTO, &bmp(1))]);
    let length = format!("Content-Encoding: gzip\r\nContent-Length: {}", form.len());
    let bomb = [&head(PATH, &length), b"\x1F\x8B\x08\0".as_slice(), &form[4..]].concat();
    assert_problem(send(&app, &bomb, AndThen::Wait).await, 415);
    app.assert_untouched().await;
}
