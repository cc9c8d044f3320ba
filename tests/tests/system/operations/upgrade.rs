//! Data that released programs wrote (`tests/upgrade`) in the hands of the programs of today: they
//! open it, finish its open jobs, and answer the same of all that had ended.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use photo_tests::http;
use photo_tests::program::Program;
use serde_json::{Map, Value};
use tokio::io::BufReader;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::system::{Server, System, is_final, wait_until};

/// Whose job is to end cancelled, because that was asked for.
const TO_CANCEL: &str = "cancellation asked while running";

/// One folder of data.
struct Written {
    folder: PathBuf,
    /// What was answered then, by what is special about the image.
    answers: Map<String, Value>,
    /// Where services and the receiver of callbacks were.
    services: String,
}

impl Written {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("upgrade").join(name);
        let text = fs::read_to_string(folder.join("answers.json")).unwrap();
        let mut about: Value = serde_json::from_str(&text).unwrap();
        let services = about["services"].as_str().unwrap().to_owned();
        let Value::Object(answers) = about["images"].take() else { panic!("{text}") };
        Self { folder, answers, services }
    }

    /// A file's text, as if callbacks had been asked for to this receiver.
    fn text(&self, file: &str, receiver: &Receiver) -> String {
        let text = fs::read_to_string(self.folder.join(file)).unwrap();
        text.replace(&self.services, &receiver.url)
    }

    /// All models at one service that answers whatever it is asked, and the receiver.
    fn config(&self, service: &Server, receiver: &Receiver) -> String {
        let jobs = self.answers.values().flat_map(|view| view["jobs"].as_object().unwrap());
        let models: BTreeSet<&String> = jobs.map(|(model, _)| model).collect();
        let host = receiver.url.trim_start_matches("http://");
        let mut config = format!(
            "[callbacks]\nsecret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\n\
             allow = [\"{host}\"]\n[standalone]\nexample_models = false\n[models]\n"
        );
        for model in models {
            writeln!(config, "{model} = \"{}\"", service.url).unwrap();
        }
        config
    }

    /// That all that had ended is answered as it was then, as far as `seen` shows it.
    async fn assert_kept(&self, server: &Server, seen: fn(Value) -> Value) {
        for (name, then) in &self.answers {
            let image = then["image"].as_str().unwrap();
            let now = &seen(server.get(&format!("/predict/{image}")).await.1);
            let then = &seen(then.clone());
            if is_final(&then["status"]) {
                assert_eq!(now, then, "{name}");
            }
            for (model, job) in then["jobs"].as_object().unwrap() {
                if is_final(&job["state"]) {
                    assert_eq!(&now["jobs"][model], job, "{name}, {model}: {now:#}");
                    assert_eq!(now["results"][model], then["results"][model], "{name}, {model}");
                }
            }
        }
    }

    /// That all that was open ends, and everybody is told who is to be.
    async fn assert_finished(&self, server: &Server, mut receiver: Receiver) {
        for (name, then) in &self.answers {
            let now = server.wait_for_end(then["image"].as_str().unwrap()).await;
            for (model, job) in then["jobs"].as_object().unwrap() {
                let expected = match &job["state"] {
                    ended if is_final(ended) => ended.as_str().unwrap(),
                    _ if name == TO_CANCEL => "CANCELLED",
                    _ => "SUCCEEDED",
                };
                assert_eq!(now["jobs"][model]["state"], expected, "{name}, {model}: {now:#}");
            }
        }
        let mut told = BTreeSet::new();
        let all = ["/hook/refused", "/hook/low", "/hook/normal", "/hook/high"];
        assert!(
            wait_until(async || {
                told.extend(receiver.calls.try_recv());
                told.len() == all.len()
            })
            .await,
            "told: {told:?}"
        );
        assert_eq!(told, all.map(str::to_owned).into());
    }
}

/// Who is told of what ended.
struct Receiver {
    url: String,
    /// The paths of the callbacks.
    calls: mpsc::UnboundedReceiver<String>,
}

impl Receiver {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (called, calls) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let called = called.clone();
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    while let Ok(Some(request)) = http::read(&mut stream).await {
                        http::answer(&mut stream, 200, "{}").await.unwrap();
                        // Whoever looks for the service that announced itself asks here too.
                        if request.target.starts_with("/hook/") {
                            let _ = called.send(request.target);
                        }
                    }
                });
            }
        });
        Self { url, calls }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).unwrap();
        }
    }
}

fn whole(view: Value) -> Value {
    view
}

/// A view without its jobs' times, which records tell a few milliseconds differently.
fn without_times(mut view: Value) -> Value {
    for (_, job) in view["jobs"].as_object_mut().unwrap() {
        job.as_object_mut().unwrap().retain(|key, _| !key.ends_with("_at"));
    }
    view
}

fn standalone(folder: &Path, more: &str) -> Server {
    let config = fs::read_to_string(folder.join("photo.toml")).unwrap();
    fs::write(folder.join("now.toml"), format!("{more}\n{config}")).unwrap();
    let args = ["--listen", "127.0.0.1:0", "--config", "now.toml"];
    Server::new(Program::start("standalone", folder, &args))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_of_standalone_opens_ends_its_jobs_and_answers_the_same() {
    let written = Written::new("sqlite-4");
    let system = System::start_unsaved();
    let (service, receiver) = (system.model(&["--noop"]), Receiver::start().await);
    let folder = system.folder("standalone");
    copy(&written.folder.join("images"), &folder.join("data/images"));
    fs::write(folder.join("photo.toml"), written.config(&service, &receiver)).unwrap();
    let database = rusqlite::Connection::open(folder.join("data/jobs.db")).unwrap();
    database.execute_batch(&written.text("jobs.sql", &receiver)).unwrap();
    drop(database);

    let server = standalone(&folder, "[store]\nretention = \"36500days\"");
    written.assert_kept(&server, whole).await;
    written.assert_finished(&server, receiver).await;
    written.assert_kept(&server, whole).await;
    assert!(server.program.stop().success());

    // Store and records agree, and the records alone say the same.
    let fsck = Command::new(photo_tests::program::binary("standalone"))
        .args(["--config", "now.toml", "fsck", "--dry-run"])
        .current_dir(&folder)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&fsck.stdout);
    // The count of images, that of damaged photos and the one, and that nothing was changed.
    assert!(told.contains("1  damaged photos") && told.lines().count() == 4, "{fsck:?}");
    fs::remove_file(folder.join("data/jobs.db")).unwrap();
    let server = standalone(&folder, "[store]\nretention = \"1ms\"");
    written.assert_kept(&server, without_times).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_and_its_photos_open_end_their_jobs_and_answer_the_same() {
    let written = Written::new("redis-1");
    let mut system = System::start();
    let (service, receiver) = (system.model(&["--noop"]), Receiver::start().await);
    copy(&written.folder.join("images"), &system.images());
    system.configure(&written.config(&service, &receiver));
    let commands = system.folder("redis").join("redis.txt");
    fs::write(&commands, written.text("redis.txt", &receiver)).unwrap();
    let loaded = Command::new("redis-cli")
        .args(["-u", &system.redis.url()])
        .stdin(File::open(commands).unwrap())
        .output()
        .unwrap();
    let answers = String::from_utf8_lossy(&loaded.stdout);
    assert!(loaded.status.success() && !answers.contains("ERR"), "{loaded:?}");

    let api = system.api();
    written.assert_kept(&api, whole).await;
    let _dispatcher = system.dispatcher();
    written.assert_finished(&api, receiver).await;
    written.assert_kept(&api, whole).await;
}
