//! The releases differ as their authors left them; every test of ours against them relies on it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};

use reqwest::multipart::{Form, Part};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::*;

const UNABLE: &str = "Unable to open image file. Provided filename can not be found on server.";

/// A folder with `good.jpg`, which is a photo, and `bad.jpg`, which is not.
fn images() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    image::RgbImage::new(8, 6).save(folder.path().join("good.jpg")).unwrap();
    fs::write(folder.path().join("bad.jpg"), "not a photo").unwrap();
    folder
}

fn start(release: Release, ready: Ready, images: &TempDir) -> TemplateService {
    TemplateService::start(&TemplateOptions {
        ready,
        ..TemplateOptions::new(release, "m", images.path())
    })
}

/// The status of an answer and its body, as JSON where it is.
async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

async fn status(service: &TemplateService) -> (u16, Value) {
    answer(Client::new().get(service.url() + "/status")).await
}

async fn begin_to_load(service: &TemplateService) -> (u16, Value) {
    answer(Client::new().post(service.url() + "/status")).await
}

async fn by_name(service: &TemplateService, name: &str) -> (u16, Value) {
    let request = Client::new().post(service.url() + "/predict");
    answer(request.query(&[("filename", name)])).await
}

async fn by_upload(service: &TemplateService, part: &str, photo: &Path) -> (u16, Value) {
    let file = Part::bytes(fs::read(photo).unwrap()).file_name("photo");
    let request = Client::new().post(service.url() + "/predict");
    answer(request.multipart(Form::new().part(part.to_owned(), file))).await
}

fn returned_exception(status_code: u16, detail: &str) -> (u16, Value) {
    (200, json!({"status_code": status_code, "detail": detail, "headers": null}))
}

fn failure(status: u16, detail: &str) -> (u16, Value) {
    (status, json!({"status": "failure", "detail": detail}))
}

fn bare_500() -> (u16, Value) {
    (500, json!("Internal Server Error"))
}

fn classified() -> (u16, Value) {
    let result = json!({"classes": ["isGreen", "isRed"], "result": {"isGreen": 0, "isRed": 1}});
    (200, json!({"status": "success", "result": result}))
}

fn not_ready() -> (u16, Value) {
    failure(503, "Model is not ready to receive predictions.")
}

#[tokio::test]
async fn early_october_2020_waits_to_be_started_and_fails_with_200() {
    let images = images();
    let service = start(Release::October2020Early, Ready::After(Duration::ZERO), &images);
    assert_eq!(status(&service).await, (200, json!({"result": "False"})));
    let (code, body) = by_name(&service, "good.jpg").await;
    assert_eq!((code, &body["status_code"]), (200, &json!(503)));
    assert_eq!(begin_to_load(&service).await.0, 200);
    assert_eq!(status(&service).await, (200, json!({"result": "True"})));
    let good = json!({"result": {"someResultCategory": "actualResultValue"}});
    assert_eq!(by_name(&service, "good.jpg").await, (200, good));
    assert_eq!(by_name(&service, "bad.jpg").await, returned_exception(400, UNABLE));
    assert_eq!(by_name(&service, "none.jpg").await, returned_exception(400, UNABLE));
}

#[tokio::test]
async fn late_october_2020_starts_by_itself_and_fails_with_200_or_500() {
    let images = images();
    let service = start(Release::October2020Late, Ready::After(Duration::ZERO), &images);
    assert_eq!(status(&service).await, (200, json!({"result": "True"})));
    assert_eq!(begin_to_load(&service).await.0, 405);
    let good = json!({"result": {"someResultCategory": "actualResultValue"}});
    assert_eq!(by_name(&service, "good.jpg").await, (200, good));
    assert_eq!(by_name(&service, "bad.jpg").await, bare_500());
    assert_eq!(by_name(&service, "none.jpg").await, returned_exception(400, UNABLE));
}

#[tokio::test]
async fn january_2021_takes_names_and_has_status_codes() {
    let images = images();
    let service = start(Release::January2021, Ready::After(Duration::ZERO), &images);
    let (code, body) = status(&service).await;
    assert_eq!((code, &body["status"]), (200, &json!("success")));
    assert_eq!(by_name(&service, "good.jpg").await, classified());
    assert_eq!(by_name(&service, "bad.jpg").await, bare_500());
    let missing = "Invalid file name provided: [none.jpg]. Unable to find image on server.";
    assert_eq!(by_name(&service, "none.jpg").await, failure(400, missing));
    let service = start(Release::January2021, Ready::Never, &images);
    assert_eq!(status(&service).await, not_ready());
    assert_eq!(by_name(&service, "good.jpg").await, not_ready());
}

#[tokio::test]
async fn march_2021_takes_uploads() {
    let images = images();
    let (good, bad) = (images.path().join("good.jpg"), images.path().join("bad.jpg"));
    let service = start(Release::March2021, Ready::After(Duration::ZERO), &images);
    assert_eq!(by_upload(&service, "image_file", &good).await, classified());
    assert_eq!(by_upload(&service, "image_file", &bad).await, bare_500());
    let (code, body) = by_upload(&service, "photo", &good).await;
    assert_eq!((code, &body["detail"][0]["loc"]), (422, &json!(["body", "image_file"])));
    let service = start(Release::March2021, Ready::Never, &images);
    assert_eq!(status(&service).await, not_ready());
    assert_eq!(by_upload(&service, "image_file", &good).await, not_ready());
}

/// Takes one request and answers it; its first line, its `api_key`, and its body.
async fn receive(server: &TcpListener) -> (String, Option<String>, Value) {
    let (stream, _) = timeout(DEADLINE, server.accept()).await.unwrap().unwrap();
    let stream = stream.into_std().unwrap();
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut stream = BufReader::new(stream);
    let (mut head, mut key, mut length) = (String::new(), None, 0);
    stream.read_line(&mut head).unwrap();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "api_key" => key = Some(value.to_owned()),
            "content-length" => length = value.parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
    (head.trim().to_owned(), key, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn every_shape_is_announced_again_and_again() {
    let images = images();
    for shape in RegisterShape::ALL {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let service = TemplateService::start(&TemplateOptions {
            announcing: Some(Announcing {
                server: format!("http://{}", server.local_addr().unwrap()),
                shape,
                port_is_number: shape == RegisterShape::Register,
                api_key: Some("secret".to_owned()),
                every: Duration::from_millis(10),
            }),
            ..TemplateOptions::new(Release::March2021, "m", images.path())
        });
        let port = service.port;
        let (path, body) = match shape {
            RegisterShape::Register => ("/register", json!({"modelName": "m", "modelPort": port})),
            RegisterShape::RegisterSlash => {
                ("/register/", json!({"modelName": "m", "modelPort": port.to_string()}))
            }
            RegisterShape::ModelNamePort => {
                ("/model/register", json!({"modelName": "m", "modelPort": port.to_string()}))
            }
            RegisterShape::NamePort => {
                ("/model/register", json!({"name": "m", "port": port.to_string()}))
            }
            RegisterShape::NameSocket => {
                ("/model/register", json!({"name": "m", "socket": service.url()}))
            }
        };
        let told = (format!("POST {path} HTTP/1.1"), Some("secret".to_owned()), body);
        assert_eq!(receive(&server).await, told);
        assert_eq!(receive(&server).await, told);
    }
}
