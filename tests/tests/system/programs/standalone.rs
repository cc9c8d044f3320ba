//! The whole system in one process.

use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::time::Duration;

use photo_tests::program::Program;
use reqwest::StatusCode;

use crate::system::{Server, form, jpeg, md5};

const MODELS: [&str; 4] = ["average_color", "image_shape", "perceptual_hash", "sharpness"];

fn start(folder: &Path) -> Server {
    Server::new(Program::start("standalone", folder, &["--listen", "127.0.0.1:0"]))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_start_gives_real_answers_and_keeps_them_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let (status, body) = server.predict(&[jpeg(1), jpeg(2)], &MODELS).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{body}");
    let images = [md5(&jpeg(1)), md5(&jpeg(2))];
    let before = server.wait_for_all(&images).await;
    for view in before.values() {
        assert_eq!(view["status"], "SUCCEEDED", "{view:#}");
        assert_eq!(view["results"]["image_shape"]["width"], 96, "{view:#}");
        assert!(view["results"]["average_color"]["hex"].is_string(), "{view:#}");
    }
    assert!(server.program.stop().success());

    let server = start(folder.path());
    assert_eq!(server.wait_for_all(&images).await, before);
    let (_, body) = server.predict(&[jpeg(1)], &MODELS).await;
    assert!(body["jobs"].as_array().unwrap().iter().all(|job| job["new"] == false), "{body}");
    assert_eq!(server.get(&format!("/images/{}x", images[0])).await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_before_a_kill_is_done_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let photos: Vec<Vec<u8>> = (0..100).map(jpeg).collect();
    let (status, body) = server.predict(&photos, &MODELS).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{body}");
    server.program.kill();

    let server = start(folder.path());
    let images: Vec<String> = photos.iter().map(|photo| md5(photo)).collect();
    for (image, view) in server.wait_for_all(&images).await {
        assert_eq!(view["status"], "SUCCEEDED", "{image}: {view:#}");
        assert_eq!(view["results"].as_object().unwrap().len(), MODELS.len(), "{image}: {view:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_accepted_is_lost_however_often_and_whenever_it_is_killed() {
    const KILLS: u32 = 10;
    let folder = tempfile::tempdir().unwrap();
    let mut accepted = Vec::new();
    for kill in 0..KILLS {
        let server = start(folder.path());
        let upload = async {
            for number in 0.. {
                let photo = jpeg(kill * 1_000 + number);
                let Ok(answer) =
                    server.post("/predict", form(std::slice::from_ref(&photo), &MODELS)).await
                else {
                    return;
                };
                assert_eq!(answer.status(), StatusCode::ACCEPTED);
                accepted.push(md5(&photo));
            }
        };
        // Another moment every time the test runs.
        let moment = Duration::from_millis(RandomState::new().hash_one(kill) % 700);
        let kill = async {
            tokio::time::sleep(moment).await;
            server.program.signal("KILL");
        };
        tokio::join!(upload, kill);
    }
    assert!(!accepted.is_empty());

    let server = start(folder.path());
    for (image, view) in server.wait_for_all(&accepted).await {
        assert_eq!(view["status"], "SUCCEEDED", "{image}: {view:#}");
        assert_eq!(view["results"].as_object().unwrap().len(), MODELS.len(), "{image}: {view:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_one_on_the_same_data_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let _first = start(folder.path());
    let second = Program::start("standalone", folder.path(), &["--listen", "127.0.0.1:0"]);
    let why = second.wait_for_line("standalone: ");
    assert!(why.contains("jobs.db"), "{why}");
}
