//! The programs in docs/CLIENTS.md against the whole system, each as it stands there.

use std::path::Path;

use photo_tests::program::Program;
use serde_json::{Value, json};

use crate::clients::fake::{Fake, Reply};
use crate::clients::programs::{blocks, files, run, start};
use crate::system::{Server, md5};

const SUBMIT: [&str; 3] = ["submit.sh", "submit.py", "submit.mjs"];
const WAIT: [&str; 3] = ["wait.sh", "wait.py", "wait.mjs"];
const MANY: [&str; 3] = ["many.sh", "many.py", "many.mjs"];
const EVENTS: [&str; 3] = ["events.sh", "events.py", "events.mjs"];
const WEBHOOKS: [&str; 4] = ["receiver.py", "receiver.mjs", "callback.sh", "call.sh"];

fn standalone(folder: &Path, args: &[&str]) -> Server {
    Server::new(Program::start("standalone", folder, args))
}

fn serve(folder: &Path) -> Server {
    standalone(folder, &["--listen", "127.0.0.1:0"])
}

/// A photo of one colour, whose average is known therefore.
pub fn plain(red: u8, green: u8) -> Vec<u8> {
    let photo = image::RgbImage::from_pixel(16, 16, image::Rgb([red, green, 0xc8]));
    let mut file = std::io::Cursor::new(Vec::new());
    photo.write_to(&mut file, image::ImageFormat::Png).unwrap();
    file.into_inner()
}

/// What the models say of it, at the least.
pub fn colour(red: u8, green: u8) -> String {
    format!("#{red:02x}{green:02x}c8")
}

fn problem() -> Value {
    json!({"type": "about:blank", "title": "Busy", "status": 503, "detail": "Not now."})
}

fn view(image: &str, status: &str) -> Value {
    let progress = json!({"ahead_at_most": 1, "explanation": "In line behind another one."});
    let job = match status {
        "SUCCEEDED" => json!({"state": status}),
        _ => json!({"state": status, "progress": progress}),
    };
    let results = json!({"m": {"answer": 42}});
    json!({"image": image, "status": status, "results": results, "jobs": {"m": job}})
}

#[test]
fn every_program_of_the_document_is_run_here() {
    let mut shown = files();
    let mut run = [&SUBMIT[..], &WAIT, &MANY, &EVENTS, &WEBHOOKS].concat();
    shown.sort_unstable();
    run.sort_unstable();
    assert_eq!(shown, run);
    assert_eq!(shown.len(), blocks(), "a block has no name in its first line");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_is_submitted_and_waited_for_in_every_language() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = serve(folder);
    for (green, (submit, wait)) in (0..).zip(SUBMIT.into_iter().zip(WAIT)) {
        let photo = plain(1, green);
        let hash = md5(&photo);
        std::fs::write(folder.join("photo.jpg"), &photo).unwrap();
        let said = run(folder, &server.url, submit, &["photo.jpg"]);
        assert!(said.lines().any(|line| line.starts_with(&hash)), "{submit}: {said}");
        let what = if wait == "wait.sh" { "photo.jpg" } else { &hash };
        let said = run(folder, &server.url, wait, &[what]);
        let colour = colour(1, green);
        assert!(said.contains("SUCCEEDED") && said.contains(&colour), "{wait}: {said}");
        assert!(said.contains("perceptual_hash"), "{wait}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_refuses_is_explained_in_every_language() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = serve(folder);
    std::fs::write(folder.join("photo.jpg"), "not a photo").unwrap();
    std::fs::create_dir(folder.join("photos")).unwrap();
    std::fs::write(folder.join("photos/photo.jpg"), "not a photo").unwrap();
    let server = [("PHOTO_SERVER", server.url.as_str())];
    for file in SUBMIT {
        let (_, said) = start(folder, file, &["photo.jpg"], &server).ended();
        assert!(said.contains("Photo 1 of the form is not a JPEG"), "{file}: {said}");
    }
    let unknown = "0123456789abcdef0123456789abcdef";
    let refused = WAIT.map(|file| (file, unknown, "No job of average_color, perceptual_hash"));
    let refused = refused.into_iter().chain(MANY.map(|file| (file, "photos", "is not a JPEG")));
    for (file, argument, why) in refused.chain(EVENTS.map(|file| (file, "x", "not an image hash")))
    {
        let argument = if file == "wait.sh" { "photo.jpg" } else { argument };
        let (status, said) = start(folder, file, &[argument], &server).ended();
        assert_eq!(status.code(), Some(1), "{file}: {said}");
        assert!(said.contains(why), "{file}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_server_and_a_photo_that_is_not_finished_are_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("photo.jpg"), "photo").unwrap();
    let hash = md5(b"photo");
    for file in WAIT {
        let fake = Fake::start({
            let hash = hash.clone();
            move |number, _| match number {
                0 => Reply::busy(503, &problem()),
                1 => Reply::json(200, &view(&hash, "RUNNING")),
                _ => Reply::json(200, &view(&hash, "SUCCEEDED")),
            }
        })
        .await;
        let what = if file == "wait.sh" { "photo.jpg" } else { &hash };
        let said = run(folder, &fake.url, file, &[what]);
        assert!(said.contains("In line behind another one."), "{file}: {said}");
        assert!(said.contains("SUCCEEDED") && said.contains("42"), "{file}: {said}");
        let target = format!("/predict/{hash}?models=average_color,perceptual_hash&wait=30s");
        assert_eq!(fake.targets(), vec![target; 3], "{file}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_sent_and_its_results_are_told_in_every_language() {
    const PHOTOS: u8 = 20;
    for (green, file) in (0..).zip(MANY) {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let server = serve(folder);
        std::fs::create_dir_all(folder.join("my photos/in, there; really")).unwrap();
        for red in 0..PHOTOS {
            let below = if red % 2 == 0 { "" } else { "in, there; really/" };
            let path = folder.join(format!("my photos/{below}a {red}.png"));
            std::fs::write(path, plain(red, green)).unwrap();
        }
        std::fs::write(folder.join("my photos/again.png"), plain(0, green)).unwrap();
        std::fs::write(folder.join("my photos/notes.txt"), "no photo").unwrap();
        // One is there already, and was asked about something else.
        let (_, body) = server.predict(&[plain(3, green)], &["sharpness"]).await;
        assert_eq!(body["images"][0], md5(&plain(3, green)), "{body}");

        let said = run(folder, &server.url, file, &["my photos"]);
        for red in 0..PHOTOS {
            let line = said.lines().find(|line| line.contains(&format!("a {red}.png")));
            // Of the one that is there twice either may be told.
            let line = line.or(said.lines().find(|line| red == 0 && line.contains("again.png")));
            let line = line.unwrap_or_else(|| panic!("{file} is silent about {red}: {said}"));
            let colour = colour(red, green);
            assert!(line.contains("SUCCEEDED") && line.contains(&colour), "{file}: {line}");
            assert!(line.contains("perceptual_hash"), "{file}: {line}");
        }
        let before = server.get("/models").await.1;
        assert_eq!(run(folder, &server.url, file, &["my photos"]).matches("SUCCEEDED").count(), {
            said.matches("SUCCEEDED").count()
        });
        assert_eq!(server.get("/models").await.1, before, "{file} had something done twice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_file_is_named_and_the_others_go_on_in_every_language() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = serve(folder);
    for (green, file) in (0..).zip(MANY) {
        let photos = format!("photos {green}");
        std::fs::create_dir(folder.join(&photos)).unwrap();
        for red in 0..20 {
            std::fs::write(folder.join(&photos).join(format!("{red}.png")), plain(red, green))
                .unwrap();
        }
        // Not all of them are in one request, and one of them is there twice.
        let bad = ["bad.jpg", "bad again.jpg", "empty.jpg", "other.jpg"];
        for (name, content) in bad.into_iter().zip(["no photo", "no photo", "", "nor is this"]) {
            std::fs::write(folder.join(&photos).join(name), content).unwrap();
        }
        let variables = [("PHOTO_SERVER", server.url.as_str())];
        for _ in 0..2 {
            let (status, said) = start(folder, file, &[&photos], &variables).ended();
            assert_eq!(status.code(), Some(1), "{file}: {said}");
            assert_eq!(said.matches("SUCCEEDED").count(), 20, "{file}: {said}");
            let names = |name: &str| said.contains(&format!("{photos}/{name}: "));
            assert!(names("empty.jpg") && names("other.jpg"), "{file}: {said}");
            assert!(names("bad.jpg") || names("bad again.jpg"), "{file}: {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_lacks_is_uploaded_and_a_busy_server_is_asked_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::create_dir(folder.join("photos")).unwrap();
    for number in 0..20 {
        std::fs::write(folder.join(format!("photos/{number}.png")), number.to_string()).unwrap();
    }
    let (there, known) = (md5(b"0"), md5(b"1"));
    for file in MANY {
        let fake = Fake::start({
            let (there, known) = (there.clone(), known.clone());
            move |number, request| match (number, request.target.as_str()) {
                (0, "/predict/check") => {
                    let asked: Value = serde_json::from_slice(&request.body).unwrap();
                    let mut lacking = asked["images"].as_array().unwrap().clone();
                    lacking.retain(|image| *image != *there && *image != *known);
                    let jobs = [json!({"image": known, "model": "average_color"})];
                    let answer = json!({"missing_images": lacking, "missing_jobs": jobs});
                    Reply::json(200, &answer)
                }
                (1, "/predict") => Reply::busy(429, &problem()),
                (_, "/predict") => Reply::json(202, &json!({"images": [], "jobs": []})),
                (_, target) => {
                    let image = target.trim_start_matches("/predict/");
                    let (image, query) = image.split_once('?').unwrap();
                    assert_eq!(query, "models=average_color,perceptual_hash&wait=30s");
                    Reply::json(200, &view(image, "SUCCEEDED"))
                }
            }
        })
        .await;
        let said = run(folder, &fake.url, file, &["photos"]);
        assert_eq!(said.matches("SUCCEEDED").count(), 20, "{file}: {said}");
        let posts: Vec<_> =
            fake.requests().into_iter().filter(|it| it.target == "/predict").collect();
        // 16 photos twice, as they are refused once; the other two; and the hash of one.
        let photos = posts.iter().map(|post| count(&post.body, b"name=\"images\""));
        assert_eq!(photos.collect::<Vec<_>>(), [16, 16, 2, 0], "{file}");
        let last: Value = serde_json::from_slice(&posts[3].body).unwrap();
        let models = ["average_color", "perceptual_hash"];
        assert_eq!(last, json!({"images": [known], "models": models}), "{file}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_followed_over_the_death_of_the_server_in_every_language() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // A model that is away, until another start of the server brings one.
    let away = folder.join("away.toml");
    std::fs::write(&away, "[models]\naverage_color = \"http://127.0.0.1:1\"\n").unwrap();
    let args = ["--listen", "127.0.0.1:0", "--config", away.to_str().unwrap()];
    let server = standalone(folder, &args);
    let photos = [plain(7, 7), plain(7, 8)];
    let hashes = photos.each_ref().map(|photo| md5(photo));
    let (status, body) = server.predict(&photos, &["average_color"]).await;
    assert_eq!(status, 202, "{body}");
    let hashes = hashes.each_ref().map(String::as_str);
    let variables = [("PHOTO_SERVER", server.url.as_str())];
    let following = EVENTS.map(|file| (file, start(folder, file, &hashes, &variables)));
    for (_, program) in &following {
        for hash in hashes {
            program.wait_for_line(hash);
        }
    }
    let address = server.address().to_owned();
    server.program.kill();
    let _server = standalone(folder, &["--listen", &address]);
    for (file, program) in following {
        let (status, said) = program.ended();
        assert!(status.success(), "{file}: {status}\n{said}");
        for (hash, colour) in hashes.iter().zip([colour(7, 7), colour(7, 8)]) {
            let told = |line: &str| line.contains(hash) && line.contains("SUCCEEDED");
            let last = said.lines().rfind(|line| line.contains(hash)).unwrap();
            assert!(told(last) && last.contains(&colour), "{file}: {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_go_on_from_the_last_one_that_came_whole() {
    let folder = tempfile::tempdir().unwrap();
    let hash = md5(b"photo");
    for file in EVENTS {
        let fake = Fake::start({
            let hash = hash.clone();
            move |number, _| {
                let event = |id: u8, status: &str| {
                    format!("event: image\nid: {id}\ndata: {}\n\n", view(&hash, status))
                };
                let whole = format!("retry: 1000\n\n{}", event(5, "QUEUED"));
                match number {
                    0 => Reply::cut(&(whole + event(6, "RUNNING").trim_end_matches("}\n\n"))),
                    1 => Reply::busy(503, &problem()),
                    _ => Reply::events(&(event(7, "SUCCEEDED") + "event: done\ndata: {}\n\n")),
                }
            }
        })
        .await;
        let said = run(folder.path(), &fake.url, file, &[&hash]);
        assert!(said.contains("QUEUED") && said.contains("SUCCEEDED"), "{file}: {said}");
        let requests = fake.requests();
        let from: Vec<_> = requests.iter().map(|it| it.header("last-event-id")).collect();
        assert_eq!(from, [None, Some("5"), Some("5")], "{file}");
    }
}

fn count(text: &[u8], wanted: &[u8]) -> usize {
    text.windows(wanted.len()).filter(|window| *window == wanted).count()
}
