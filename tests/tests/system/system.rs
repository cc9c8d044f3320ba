//! One system of separate programs, and a client of it.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

use photo_core::PhotoHasher;
use photo_tests::program::Program;
use photo_tests::redis_server::RedisServer;
use reqwest::multipart::{Form, Part};
use reqwest::{Response, StatusCode};
use serde_json::Value;
use tempfile::TempDir;

/// How long a test waits for what must happen.
const DEADLINE: Duration = Duration::from_mins(1);

/// A Redis, an image folder and a configuration that the programs of one test share.
pub struct System {
    pub redis: RedisServer,
    store: String,
    folder: TempDir,
    settings: String,
}

/// A program that answers HTTP.
pub struct Server {
    pub program: Program,
    pub url: String,
    /// One for all questions of a test: to make another takes its time.
    pub client: reqwest::Client,
}

impl System {
    /// A Redis that survives its restart, and nothing else yet.
    pub fn start() -> Self {
        Self::start_with(RedisServer::start_with(&["--appendonly", "yes"]))
    }

    /// A Redis that goes back to its last SAVE when it is restarted, and nothing else yet.
    pub fn start_unsaved() -> Self {
        Self::start_with(RedisServer::start())
    }

    fn start_with(redis: RedisServer) -> Self {
        Self {
            store: redis.url(),
            redis,
            folder: tempfile::tempdir().unwrap(),
            settings: String::new(),
        }
    }

    /// Has all programs that are started after this keep jobs in another place.
    pub fn use_store(&mut self, url: String) {
        self.store = url;
    }

    /// Adds lines to the configuration file of all programs that are started after this.
    pub fn configure(&mut self, lines: &str) {
        self.settings.push_str(lines);
        self.settings.push('\n');
    }

    /// Where photos are.
    pub fn images(&self) -> PathBuf {
        self.folder.path().join("images")
    }

    /// An empty folder for whatever a test needs one for.
    pub fn folder(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// The flags of an api or dispatcher of this system.
    pub fn flags(&self) -> Vec<String> {
        let config = self.folder.path().join("photo.toml");
        std::fs::write(&config, &self.settings).unwrap();
        [
            "--config".to_owned(),
            config.display().to_string(),
            "--store".to_owned(),
            self.store.clone(),
            "--images".to_owned(),
            format!("file:{}", self.images().display()),
        ]
        .into()
    }

    pub fn api(&self) -> Server {
        self.api_at("127.0.0.1:0")
    }

    pub fn api_at(&self, listen: &str) -> Server {
        let mut args = self.flags();
        args.extend(["--listen".to_owned(), listen.to_owned()]);
        Server::new(self.program("api", &args))
    }

    pub fn dispatcher(&self) -> Program {
        let dispatcher = self.program("dispatcher", &self.flags());
        dispatcher.wait_for_line("dispatcher starts");
        dispatcher
    }

    /// A dispatcher that tells its health.
    pub fn dispatcher_with_health(&self) -> Server {
        let mut args = self.flags();
        args.extend(["--listen".to_owned(), "127.0.0.1:0".to_owned()]);
        let dispatcher = self.program("dispatcher", &args);
        let url = dispatcher.wait_for_line("health is told on ");
        Server { program: dispatcher, url, client: reqwest::Client::new() }
    }

    /// An example model on a free port.
    pub fn model(&self, args: &[&str]) -> Server {
        let mut args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
        if !args.iter().any(|arg| arg == "--listen") {
            args.extend(["--listen".to_owned(), "127.0.0.1:0".to_owned()]);
        }
        Server::new(self.program("example-model", &args))
    }

    /// Two models, each known to the programs started after this by its configured address.
    pub fn two_models(&mut self) -> [Server; 2] {
        let names = ["average_color", "perceptual_hash"];
        let models = names.map(|name| self.model(&["--model", name]));
        let mut lines = "[models]\n".to_owned();
        for (name, model) in names.iter().zip(&models) {
            writeln!(lines, "{name} = \"{}\"", model.url).unwrap();
        }
        self.configure(&lines);
        models
    }

    fn program(&self, name: &str, args: &[String]) -> Program {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        Program::start(name, self.folder.path(), &args)
    }
}

impl Server {
    /// A program that says where it listens.
    pub fn new(program: Program) -> Self {
        let address = program.wait_for_line("listening on http://");
        let address = address.split(' ').next().unwrap_or_default();
        let url = format!("http://{address}");
        Self { program, url, client: reqwest::Client::new() }
    }

    /// The address as flags have it.
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        let response = self.client.get(format!("{}{path}", self.url)).send().await.unwrap();
        read(response).await
    }

    /// Posts photos; answers status and body.
    pub async fn predict(&self, photos: &[Vec<u8>], models: &[&str]) -> (StatusCode, Value) {
        read(self.post("/predict", form(photos, models)).await.unwrap()).await
    }

    pub async fn post(&self, path: &str, form: Form) -> reqwest::Result<Response> {
        self.client.post(format!("{}{path}", self.url)).multipart(form).send().await
    }

    pub async fn post_json(&self, path: &str, body: &Value) -> reqwest::Result<Response> {
        self.client.post(format!("{}{path}", self.url)).json(body).send().await
    }

    /// The states of many images, from one request.
    pub async fn statuses(&self, images: &[String]) -> Value {
        let body = serde_json::json!({"images": images});
        let response = self.post_json("/predict/status", &body).await.unwrap();
        let (status, body) = read(response).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body
    }

    /// Waits until the view of one image is as wanted.
    pub async fn wait_for_image(&self, image: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let path = format!("/predict/{image}");
        let mut last = Value::Null;
        let found = wait_until(async || {
            last = self.get(&path).await.1;
            wanted(&last)
        });
        assert!(found.await, "{image} is {last:#}");
        last
    }

    /// Waits until an image is finished, and answers its view.
    pub async fn wait_for_end(&self, image: &str) -> Value {
        self.wait_for_image(image, |view| is_final(&view["status"])).await
    }

    /// Waits until all images are finished, and answers their views by hash.
    pub async fn wait_for_all(&self, images: &[String]) -> serde_json::Map<String, Value> {
        let mut views = serde_json::Map::new();
        for images in images.chunks(1000) {
            let mut last = Value::Null;
            let finished = wait_until(async || {
                last = self.statuses(images).await;
                let views = last["images"].as_object().unwrap();
                views.len() == images.len() && views.values().all(|view| is_final(&view["status"]))
            });
            assert!(finished.await, "not all images are finished");
            views.extend(last["images"].as_object().unwrap().clone());
        }
        views
    }
}

/// Whether a status is one that does not change by itself.
pub fn is_final(status: &Value) -> bool {
    ["SUCCEEDED", "FAILED", "CANCELLED"].iter().any(|name| status == name)
}

/// Asks again and again until the answer is yes; no after a minute.
pub async fn wait_until(mut asked: impl AsyncFnMut() -> bool) -> bool {
    let mut pauses = tokio::time::interval(Duration::from_millis(20));
    let asking = async {
        while !asked().await {
            pauses.tick().await;
        }
    };
    tokio::time::timeout(DEADLINE, asking).await.is_ok()
}

/// A form with these photos and models.
pub fn form(photos: &[Vec<u8>], models: &[&str]) -> Form {
    let form = models.iter().fold(Form::new(), |form, m| form.text("models", (*m).to_owned()));
    photos.iter().fold(form, |form, photo| {
        form.part("images", Part::bytes(photo.clone()).file_name("photo"))
    })
}

/// What `md5sum` prints.
pub fn md5(photo: &[u8]) -> String {
    let mut hasher = PhotoHasher::default();
    hasher.update(photo);
    hasher.finish().key.to_string()
}

/// A real JPEG, another one for every `seed`.
pub fn jpeg(seed: u32) -> Vec<u8> {
    let photo = image::RgbImage::from_fn(96, 64, |x, y| {
        let wave = |step: u32| u8::try_from((x * step + y * 2 + seed * 7) % 256).unwrap();
        image::Rgb([wave(1), wave(3), u8::try_from(seed % 251).unwrap()])
    });
    let mut file = std::io::Cursor::new(Vec::new());
    photo.write_to(&mut file, image::ImageFormat::Jpeg).unwrap();
    file.into_inner()
}

async fn read(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {status} {text}"));
    (status, body)
}
