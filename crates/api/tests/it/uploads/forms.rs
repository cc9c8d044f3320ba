//! Forms as clients write them: browsers, curl, the libraries of other languages, and people by
//! hand. What can be understood is taken, and what cannot is said.

use photo_tests::photos::bmp;
use serde_json::{Value, json};

use crate::app::{App, md5};
use crate::raw::{AndThen, send};

const PATH: &str = "/predict";

/// A form as one client writes it.
struct Dialect {
    client: &'static str,
    content_type: &'static str,
    boundary: &'static str,
    /// What stands in the photo's head, line by line.
    photo: Vec<u8>,
    /// What stands in the head of the part that names the model.
    model: &'static str,
    /// What names the model.
    models: &'static str,
    line_break: &'static str,
    /// What follows a boundary in its line.
    padding: &'static str,
    /// What follows the last boundary.
    end: &'static str,
    /// What stands before the first boundary.
    preamble: &'static str,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            client: "the standard",
            content_type: "multipart/form-data; boundary=xyz",
            boundary: "xyz",
            photo: b"Content-Disposition: form-data; name=\"images\"; filename=\"a.bmp\"".to_vec(),
            model: "Content-Disposition: form-data; name=\"models\"",
            models: "sharpness",
            line_break: "\r\n",
            padding: "",
            end: "\r\n",
            preamble: "",
        }
    }
}

impl Dialect {
    fn of(client: &'static str) -> Self {
        Self { client, ..Self::default() }
    }

    /// One that differs in the photo's head.
    fn photo(client: &'static str, head: impl Into<Vec<u8>>) -> Self {
        Self { client, photo: head.into(), ..Self::default() }
    }

    /// One that differs in its boundary.
    fn boundary(client: &'static str, content_type: &'static str, boundary: &'static str) -> Self {
        Self { client, content_type, boundary, ..Self::default() }
    }

    fn body(&self, photo: &[u8]) -> Vec<u8> {
        let line_break = self.line_break.as_bytes();
        let boundary = format!("--{}{}{}", self.boundary, self.padding, self.line_break);
        let mut body = self.preamble.as_bytes().to_vec();
        for (head, content) in
            [(&self.photo[..], photo), (self.model.as_bytes(), self.models.as_bytes())]
        {
            body.extend_from_slice(boundary.as_bytes());
            for piece in [head, line_break, line_break, content, line_break] {
                body.extend_from_slice(piece);
            }
        }
        body.extend_from_slice(format!("--{}--{}", self.boundary, self.end).as_bytes());
        body
    }
}

#[expect(clippy::too_many_lines, reason = "a table: how each client writes a form")]
fn dialects() -> Vec<Dialect> {
    let named = |name: &[u8]| {
        [b"Content-Disposition: form-data; name=\"images\"; filename=\"", name, b"\""].concat()
    };
    vec![
        Dialect::of("the standard"),
        // Browsers.
        Dialect::boundary(
            "Chrome",
            "multipart/form-data; boundary=----WebKitFormBoundaryABC123",
            "----WebKitFormBoundaryABC123",
        ),
        Dialect::boundary(
            "Firefox",
            "multipart/form-data; boundary=---------------------------735323031399963166993862150",
            "---------------------------735323031399963166993862150",
        ),
        Dialect {
            end: "",
            ..Dialect::photo(
                "undici",
                "Content-Disposition: form-data; name=\"images\"; filename=\"a%22b.bmp\"\r\nContent-Type: application/octet-stream",
            )
        },
        Dialect {
            model: "Content-Disposition: form-data; name=\"models\"; filename=\"blob\"\r\nContent-Type: application/json",
            models: "[\"sharpness\"]",
            ..Dialect::of("a browser's Blob of JSON")
        },
        Dialect {
            model: "Content-Disposition: form-data; name=\"models\"; filename=\"blob\"\r\nContent-Type: application/json",
            models: "\"sharpness\"",
            ..Dialect::of("a Blob of one JSON text")
        },
        Dialect {
            model: "Content-Disposition: form-data; name=\"models[]\"",
            ..Dialect::photo(
                "axios, PHP",
                "Content-Disposition: form-data; name=\"images[]\"; filename=\"a.bmp\"",
            )
        },
        Dialect {
            model: "Content-Disposition: form-data; name=\"models[0]\"",
            ..Dialect::photo(
                "object-to-formdata",
                "Content-Disposition: form-data; name=\"images[0]\"; filename=\"a.bmp\"",
            )
        },
        // Programs and libraries.
        Dialect::photo(
            "curl",
            "Content-Disposition: form-data; name=\"images\"; filename=\"a\\\"b.bmp\"\r\nContent-Type: image/bmp",
        ),
        Dialect::photo(
            "requests, urllib3 1",
            "Content-Disposition: form-data; name=\"images\"; filename*=utf-8''%E6%9D%B1%E4%BA%AC.bmp",
        ),
        Dialect {
            content_type: "multipart/form-data; boundary=\"b96a4d4e-7d0f\"",
            boundary: "b96a4d4e-7d0f",
            model: "Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name=models",
            ..Dialect::photo(
                ".NET HttpClient",
                "Content-Disposition: form-data; name=images; filename=a.bmp; filename*=utf-8''a.bmp",
            )
        },
        Dialect::photo(
            ".NET, encoded words",
            "Content-Disposition: form-data; name=images; filename=\"=?utf-8?B?5p2x5Lqs?=\"; filename*=utf-8''%E6%9D%B1%E4%BA%AC",
        ),
        Dialect {
            model: "Content-Disposition: form-data; name=\"models\"\r\nContent-Length: 9",
            ..Dialect::photo(
                "OkHttp",
                "Content-Disposition: form-data; name=\"images\"; filename=\"a.bmp\"\r\nContent-Type: image/bmp\r\nContent-Length: 246",
            )
        },
        Dialect::photo(
            "Apache HttpClient",
            "Content-Disposition: form-data; name=\"images\"; filename=\"a.bmp\"\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary",
        ),
        Dialect::photo(
            "Go",
            "Content-Disposition: form-data; name=\"images\"; filename=\"a\\\\b.bmp\"\r\nContent-Type: application/octet-stream",
        ),
        Dialect::photo(
            "folded lines",
            "Content-Disposition: form-data;\r\n name=\"images\";\r\n\tfilename=\"a.bmp\"",
        ),
        Dialect::photo(
            "other letters and spaces",
            "content-disposition:FORM-DATA ;NAME = images; FileName=a.bmp",
        ),
        // Boundaries.
        Dialect::boundary(
            "React Native for Android",
            "multipart/form-data; boundary====1616056691487===",
            "===1616056691487===",
        ),
        Dialect::boundary(
            "iOS",
            "multipart/form-data; boundary=b/QeEbFgqK9PCZo4T/eXv7f.T74",
            "b/QeEbFgqK9PCZo4T/eXv7f.T74",
        ),
        Dialect::boundary("a colon", "multipart/form-data; boundary=a:b", "a:b"),
        Dialect::boundary(
            "a quoted space",
            "Multipart/Form-Data; charset=utf-8; BOUNDARY=\"a b\"; x=y",
            "a b",
        ),
        Dialect { padding: "  \t", ..Dialect::of("white space behind a boundary") },
        Dialect { end: "\n", ..Dialect::of("LF after the last boundary") },
        Dialect { end: " \r\nthe end", ..Dialect::of("an epilogue") },
        Dialect { preamble: "This is a form.\r\n\r\n", ..Dialect::of("a preamble") },
        Dialect { line_break: "\n", end: "\n", ..Dialect::of("LF throughout") },
        Dialect {
            line_break: "\n",
            end: "",
            preamble: "By hand:\n",
            ..Dialect::of("LF and a preamble")
        },
        // Names of files, which are used for nothing.
        Dialect::photo("Latin-1", named(b"Stra\xdfe.bmp")),
        Dialect::photo("GBK", named(b"\xb6\xab\xbe\xa9.bmp")),
        Dialect::photo("a backslash at its end", named(b"dir\\")),
        Dialect::photo("a path of Windows", named(b"C:\\dir\\a.bmp")),
        Dialect::photo("control characters", named(b"a\x01\x1b[31m\x7fb.bmp")),
        Dialect::photo("a zero", named(b"a\0b.bmp")),
        Dialect::photo("a tab", named(b"a\tb.bmp")),
        Dialect::photo("a quote that is not escaped", named(b"a\"b.bmp")),
        Dialect::photo("no name", named(b"")),
        Dialect::photo("no file name at all", "Content-Disposition: form-data; name=\"images\""),
        Dialect::photo(
            "a bad filename*",
            "Content-Disposition: form-data; name=\"images\"; filename*=broken",
        ),
        Dialect::photo(
            "an unknown character set",
            "Content-Disposition: form-data; name=\"images\"; filename*=klingon''a",
        ),
        Dialect::photo("a semicolon", named(b"a; name=models; b.bmp")),
        // Other parts beside the photo's.
        with_part(b"name=\"video\"; filename=\"\"\r\nContent-Type: application/octet-stream", b""),
        with_part(b"name=\"comment\"", b"caf\xe9"),
        with_part(b"name=\"images\"; filename=\"\"", b""),
        with_part(b"name=\"_charset_\"", b"iso-8859-1"),
        with_part(b"name=\"models\"", "\u{feff}average_color".as_bytes()),
    ]
}

/// A form with a part before the photo's.
fn with_part(disposition: &[u8], content: &[u8]) -> Dialect {
    let standard = Dialect::default();
    let part = [
        b"Content-Disposition: form-data; ",
        disposition,
        b"\r\n\r\n",
        content,
        b"\r\n--xyz\r\n",
        &standard.photo,
    ];
    Dialect { client: "another part", photo: part.concat(), ..standard }
}

async fn post(app: &App, content_type: &str, body: &[u8]) -> (u16, Value) {
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: {content_type}\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    let (status, body) = send(app, &[head.as_bytes(), body].concat(), AndThen::Wait).await;
    (status, serde_json::from_str(&body).unwrap())
}

#[actix_web::test]
async fn a_form_is_taken_as_every_client_writes_it() {
    let app = App::start();
    for (seed, dialect) in dialects().iter().enumerate() {
        let photo = bmp(seed as u64);
        let (status, body) = post(&app, dialect.content_type, &dialect.body(&photo)).await;
        let about = (dialect.client, String::from_utf8_lossy(&dialect.photo).into_owned());
        assert_eq!(status, 202, "{about:?}: {body}");
        assert_eq!(body["images"], json!([md5(&photo)]), "{about:?}");
        assert!(body["jobs"][0]["model"].is_string(), "{about:?}");
    }
}

#[actix_web::test]
async fn what_is_no_form_is_said() {
    let app = App::start();
    let standard = || Dialect::default();
    let photo = |head: &str| Dialect::photo("", head);
    for (dialect, words) in [
        (Dialect { content_type: "multipart/form-data", ..standard() }, "names no boundary"),
        (
            Dialect { content_type: "multipart/form-data; boundary=abc", ..standard() },
            "ends before its last boundary",
        ),
        (
            photo("Content-Disposition: form-data; filename=\"a\""),
            "no `Content-Disposition: form-data` with a name",
        ),
        (
            photo("Content-Disposition: attachment; name=\"images\""),
            "no `Content-Disposition: form-data` with a name",
        ),
        (
            photo("no header\r\nContent-Disposition: form-data; name=\"images\""),
            "a line that is no header: \"no header\"",
        ),
        (
            photo(
                "Content-Disposition: form-data; name=\"images\"\r\nContent-Transfer-Encoding: base64",
            ),
            "its content is written as base64",
        ),
        (
            photo(
                "Content-Disposition: form-data; name=\"images\"\r\nContent-Type: multipart/mixed; boundary=y",
            ),
            "a part is a form of its own",
        ),
        (
            photo("Content-Disposition: form-data; name=\"image\"; filename=\"a.bmp\""),
            "Did you mean `images`?",
        ),
        (
            Dialect { model: "Content-Disposition: form-data; name=\"model\"", ..standard() },
            "the unknown field \"model\". Did you mean `models`?",
        ),
        (with_part(b"name=\"priorty\"", b"high"), "Did you mean `priority`?"),
        (
            with_part(b"name=\"priority\"", b"urgent"),
            "`priority` is wrong: \"urgent\" is not a priority",
        ),
        (with_part(b"name=\"models\"", b"\xff"), "\"models\" is not UTF-8 text"),
        (with_part(b"name=\"video\"; filename=\"a.mp4\"", b"x"), "in the part \"video\""),
        (
            with_part(b"name=\"video\"; filename=\"a.mp4\"", b""),
            "an empty file in the part \"video\"",
        ),
    ] {
        let (status, body) = post(&app, dialect.content_type, &dialect.body(&bmp(1))).await;
        assert_eq!(status, 400, "{words}: {body}");
        assert!(body["detail"].as_str().unwrap().contains(words), "{words}: {body}");
    }
    app.assert_untouched().await;
}

#[actix_web::test]
async fn fields_that_mean_nothing_here_are_told() {
    let app = App::start();
    let (status, body) = post(
        &app,
        Dialect::default().content_type,
        &with_part(b"name=\"comment\"", b"caf\xe9").body(&bmp(1)),
    )
    .await;
    assert_eq!((status, &body["ignored_fields"]), (202, &json!(["comment"])));
    let (_, body) =
        post(&app, Dialect::default().content_type, &Dialect::default().body(&bmp(1))).await;
    assert_eq!(body.get("ignored_fields"), None);
}
