//! The command line against the whole system.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitStatus;

use photo_tests::photos::bmp;
use photo_tests::program::Program;
use serde_json::Value;

use crate::system::{Server, System, jpeg, md5, wait_until};

/// How many photos are submitted.
const PHOTOS: u64 = 5_000;

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
    let server =
        Server::new(Program::start("standalone", folder.path(), &["--listen", "127.0.0.1:0"]));
    let submit = ["submit", "photos", "--model", "image_shape"];
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
        assert_eq!(view["results"]["image_shape"]["width"], 8, "{view}");
        assert_eq!(view["jobs"]["image_shape"]["attempts"], 1, "{view}");
    }
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
