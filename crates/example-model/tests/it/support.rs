//! Starts services and makes photos.

use std::io::Cursor;
use std::net::TcpListener;

use example_model::{Options, serve};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::Value;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A service in this process, stopped on drop.
pub struct Service {
    /// Where it listens.
    pub url: String,
    _stop: DropGuard,
}

impl Service {
    pub fn start(options: Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        tokio::spawn(serve(listener, options, stop.clone()).unwrap());
        Self { url, _stop: stop.drop_guard() }
    }

    /// A request with a photo in it.
    pub fn upload(&self, photo: Vec<u8>) -> RequestBuilder {
        let form = Form::new().part("image_file", Part::bytes(photo).file_name("photo"));
        self.post("/predict").multipart(form)
    }

    /// A request that names a photo.
    pub fn by_name(&self, name: &str) -> RequestBuilder {
        self.post("/predict").query(&[("filename", name)])
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        Client::new().post(format!("{}{path}", self.url))
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        Client::new().get(format!("{}{path}", self.url))
    }
}

/// The status and the JSON of an answer.
pub async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

/// A PNG of 40 by 30 red pixels.
pub fn red_photo() -> Vec<u8> {
    let red = DynamicImage::from(RgbImage::from_pixel(40, 30, Rgb([255, 0, 0])));
    let mut file = Cursor::new(Vec::new());
    red.write_to(&mut file, ImageFormat::Png).unwrap();
    file.into_inner()
}
