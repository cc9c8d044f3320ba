//! The command line against the whole system.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex};

use photo_tests::http::{self, Connection};
use photo_tests::photos::bmp;
use photo_tests::program::Program;
use serde_json::{Value, json};
use tokio::io::BufReader;
use tokio::net::TcpListener;

use crate::system::{Server, System, jpeg, md5, wait_until};

/// How many photos are submitted.
const PHOTOS: u64 = 5_000;

/// The models of a [`CountingModels`].
const MODELS: [&str; 2] = ["first", "second"];

/// Two models that say which photo they were sent, and count how often they were sent it.
struct CountingModels {
    url: String,
    done: Arc<Mutex<BTreeMap<(String, String), u32>>>,
}

impl CountingModels {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let done = Arc::default();
        let counted = Arc::clone(&done);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer_all(BufReader::new(stream), Arc::clone(&counted)));
            }
        });
        Self { url, done }
    }

    /// How often each model was sent each photo.
    fn done(&self) -> BTreeMap<(String, String), u32> {
        self.done.lock().unwrap().clone()
    }
}

/// Answers the requests of one connection.
async fn answer_all(mut connection: Connection, done: Arc<Mutex<BTreeMap<(String, String), u32>>>) {
    while let Ok(Some(request)) = http::read(&mut connection).await {
        let model = request.target.split('/').nth(1).unwrap_or_default().to_owned();
        let mut result = Value::Null;
        if let Some(photo) = request.part() {
            result = json!({"image": md5(photo)});
            *done.lock().unwrap().entry((model, md5(photo))).or_default() += 1;
        }
        let body = json!({"status": "success", "result": result}).to_string();
        if http::answer(&mut connection, 200, &body).await.is_err() {
            break;
        }
    }
}

fn photoctl(server: &Server, folder: &Path, args: &[&str]) -> Program {
    Program::start("photoctl", folder, &[&["--server", &server.url], args].concat())
}

/// The lines that are JSON, of what a program wrote.
fn json_lines(log: &str) -> Vec<Value> {
    log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

#[track_caller]
fn ended_with(ended: &(ExitStatus, String), code: i32) {
    assert_eq!(ended.0.code(), Some(code), "{}", ended.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_that_is_interrupted_twice_goes_on_and_does_every_photo_once() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("photos")).unwrap();
    for number in 0..PHOTOS {
        let name = format!("photos/{number:04}.bmp");
        std::fs::write(folder.path().join(name), bmp(number)).unwrap();
    }
    let models = CountingModels::start().await;
    let settings = MODELS.map(|name| {
        let url = format!("{}/{name}", models.url);
        format!("{name} = {{ url = \"{url}\", protocol = \"multipart\", concurrency = 8 }}\n")
    });
    let settings = format!("[models]\n{}", settings.concat());
    std::fs::write(folder.path().join("photo.toml"), settings).unwrap();
    let server =
        Server::new(Program::start("standalone", folder.path(), &["--listen", "127.0.0.1:0"]));
    let submit = ["submit", "photos", "--model", "first,second"];
    for photos in [200, 2_500] {
        let interrupted = photoctl(&server, folder.path(), &submit);
        let has_come_so_far = async || interrupted.log().lines().count() >= photos;
        assert!(wait_until(has_come_so_far).await, "{}", interrupted.log());
        interrupted.signal("INT");
        let ended = interrupted.ended();
        ended_with(&ended, 130);
        assert!(ended.1.contains("the same command goes on"), "{}", ended.1);
    }
    let last = [&submit[..], &["--wait", "--json"]].concat();
    let ended = photoctl(&server, folder.path(), &last).ended();
    ended_with(&ended, 0);
    let views = json_lines(&ended.1);
    let images: BTreeSet<&str> = views.iter().map(|it| it["image"].as_str().unwrap()).collect();
    let expected: BTreeSet<String> = (0..PHOTOS).map(|number| md5(&bmp(number))).collect();
    assert_eq!(images, expected.iter().map(String::as_str).collect());
    assert_eq!(views.len(), expected.len());
    for view in &views {
        for model in MODELS {
            assert_eq!(view["results"][model]["image"], view["image"], "{view}");
            assert_eq!(view["jobs"][model]["attempts"], 1, "{view}");
        }
    }
    let done = models.done();
    assert_eq!(done.len(), MODELS.len() * images.len());
    let twice: Vec<_> = done.iter().filter(|(_, times)| **times != 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    assert!(ended.1.contains("5,000 photos done: 5,000 succeeded, 0 failed"), "{}", ended.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_while_results_are_awaited_is_waited_for() {
    let mut system = System::start();
    let _models = system.two_models();
    let photos = system.folder("photos");
    for number in 0..100 {
        std::fs::write(photos.join(format!("{number}.jpg")), jpeg(number)).unwrap();
    }
    let api = system.api();
    let address = api.address().to_owned();
    let submit = ["submit", "--wait", "--json", "-m", "average_color,perceptual_hash", "."];
    let waiting = photoctl(&api, &photos, &submit);
    let last = md5(&jpeg(99));
    let (last, path) = (last.as_str(), format!("/predict/{last}"));
    assert!(wait_until(async || api.get(&path).await.0 == 200).await, "{last} is not there");
    api.program.kill();
    // Nothing was done until now, so that everything is still to come.
    let _dispatcher = system.dispatcher();
    let api = system.api_at(&address);
    let ended = waiting.ended();
    ended_with(&ended, 0);
    assert_eq!(json_lines(&ended.1).len(), 100, "{}", ended.1);

    // Whoever has the photos can ask for their results at any time.
    let csv = photoctl(&api, &photos, &["results", ".", "--format", "csv"]).ended();
    ended_with(&csv, 0);
    assert_eq!(csv.1.matches(",average_color,SUCCEEDED,").count(), 100, "{}", csv.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_named_and_not_taken_is_told_and_the_rest_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::new(Program::start("standalone", folder, &["--listen", "127.0.0.1:0"]));
    let photo = jpeg(1);
    for (name, content) in
        [("good.jpg", photo.as_slice()), ("cut.jpg", &photo[..20]), ("empty.jpg", b"")]
    {
        std::fs::write(folder.join(name), content).unwrap();
    }
    std::fs::write(folder.join("notes.txt"), "no photo").unwrap();
    std::os::unix::fs::symlink("gone.jpg", folder.join("dangling.jpg")).unwrap();
    let named = ["dangling.jpg", "cut.jpg", "empty.jpg", "good.jpg", "nowhere.jpg", "notes.txt"];
    let submit = ["submit", "-m", "average_color", "--wait", "--format", "csv"];
    let ended = photoctl(&server, folder, &[&submit[..], &named].concat()).ended();
    ended_with(&ended, 1);
    for line in [
        "dangling.jpg is a link to gone.jpg, which does not exist",
        "cut.jpg was refused: it ",
        "empty.jpg is empty",
        "nowhere.jpg does not exist",
        "notes.txt is no photo but text",
        "1 photo done: 1 succeeded, 0 failed",
        "image,path,model,state,error,notes,result.r,result.g,result.b,result.hex",
    ] {
        assert!(ended.1.contains(line), "{line} is not in:\n{}", ended.1);
    }

    // As PowerShell writes a list, with the results of the models that are asked about alone.
    let list = format!("\u{FEFF}MD5    {}    C:\\photos\\good.jpg\r\n", md5(&photo).to_uppercase());
    let list: Vec<u8> = list.encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(folder.join("list.txt"), list).unwrap();
    let (_, body) = server.predict(std::slice::from_ref(&photo), &["sharpness"]).await;
    assert_eq!(body["images"][0], md5(&photo), "{body}");
    let wait = ["wait", "--from", "list.txt", "-m", "average_color", "--json"];
    let ended = photoctl(&server, folder, &wait).ended();
    ended_with(&ended, 0);
    let view = &json_lines(&ended.1)[0];
    assert_eq!(view["path"], "C:\\photos\\good.jpg");
    assert_eq!(view["jobs"].as_object().unwrap().len(), 1, "{view}");
    let unasked = photoctl(&server, folder, &["wait", "good.jpg", "-m", "image_shape"]).ended();
    ended_with(&unasked, 1);
    assert!(unasked.1.contains("1 not known to the server with these models"), "{}", unasked.1);
}
