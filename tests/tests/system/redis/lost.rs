//! Redis loses what it had, and nobody notices but the log.

use std::time::Duration;

use deadpool_redis::redis::{Client, cmd};
use photo_tests::program::Program;
use reqwest::StatusCode;
use serde_json::Value;

use crate::system::{Server, System, jpeg, md5, wait_until};

const DONE: &str = "average_color";
const OPEN: &str = "perceptual_hash";

/// Sends Redis a command of which the answer does not matter.
fn tell(system: &System, command: &str) {
    let client = Client::open(system.redis.url()).unwrap();
    cmd(command).exec(&mut client.get_connection().unwrap()).unwrap();
}

fn keys(system: &System) -> Vec<String> {
    let client = Client::open(system.redis.url()).unwrap();
    cmd("KEYS").arg("{photo}:[ir]:*").query(&mut client.get_connection().unwrap()).map_or_else(
        |error| panic!("{error}"),
        |keys: Vec<Vec<u8>>| keys.iter().map(|key| key.escape_ascii().to_string()).collect(),
    )
}

/// Posts photos and answers their hashes.
async fn post(api: &Server, photos: std::ops::Range<u32>, models: &[&str]) -> Vec<String> {
    let photos: Vec<u32> = photos.collect();
    let mut images = Vec::new();
    for photos in photos.chunks(500) {
        let photos: Vec<Vec<u8>> = photos.iter().map(|seed| jpeg(*seed)).collect();
        let (status, body) = api.predict(&photos, models).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{body}");
        images.extend(photos.iter().map(|photo| md5(photo)));
    }
    images
}

/// Waits until one model's job of every image has succeeded; answers how each did: when it was
/// started tells whether it was done again. When it was accepted and ended, record and job store
/// each say by their own clock.
async fn wait_for_model(api: &Server, images: &[String], model: &str) -> Vec<Value> {
    let mut jobs = Vec::new();
    for images in images.chunks(1_000) {
        let mut last = Value::Null;
        let done = wait_until(async || {
            last = api.statuses(images).await;
            images.iter().all(|image| last["images"][image]["jobs"][model]["state"] == "SUCCEEDED")
        });
        assert!(done.await, "not all jobs of {model} succeeded");
        for image in images {
            let view = &last["images"][image];
            let job = &view["jobs"][model];
            let how = [&job["attempts"], &job["failures"], &job["priority"], &job["started_at"]];
            jobs.push(serde_json::json!([how, view["results"][model]]));
        }
    }
    jobs
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_redis_is_filled_again_by_itself() {
    const PHOTOS: u32 = 5_000;
    let mut system = System::start();
    let [_done, open] = system.two_models();
    let address = open.address().to_owned();
    open.program.kill();
    let api = system.api();
    let _dispatchers = [system.dispatcher(), system.dispatcher()];
    let images = post(&api, 0..PHOTOS, &[DONE, OPEN]).await;
    let before = wait_for_model(&api, &images, DONE).await;

    tell(&system, "FLUSHALL");
    // Nothing that a client may ask is answered as if nothing had ever been.
    let view = api.get(&format!("/predict/{}", images[0])).await.1;
    assert_eq!(view["jobs"][DONE]["state"], "SUCCEEDED", "{view:#}");
    let _open = system.model(&["--model", OPEN, "--listen", &address]);
    wait_for_model(&api, &images, OPEN).await;
    let after = wait_for_model(&api, &images, DONE).await;
    assert!(before == after, "what was finished stays as it was, and is not done again");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cancelled_is_not_done_by_an_emptied_redis_that_is_filled_again() {
    let mut system = System::start();
    let [_done, open] = system.two_models();
    let address = open.address().to_owned();
    open.program.kill();
    let api = system.api();
    let _dispatcher = system.dispatcher();
    let images = post(&api, 0..20, &[DONE, OPEN]).await;
    wait_for_model(&api, &images, DONE).await;
    let (unwanted, wanted) = images.split_at(10);
    let cancel = serde_json::json!({"images": unwanted, "models": [OPEN]});
    let url = format!("{}/predict/cancel", api.url);
    let answer = reqwest::Client::new().post(url).json(&cancel).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);

    tell(&system, "FLUSHALL");
    let _open = system.model(&["--model", OPEN, "--listen", &address]);
    wait_for_model(&api, wanted, OPEN).await;
    let view = api.statuses(unwanted).await;
    for image in unwanted {
        assert_eq!(view["images"][image]["jobs"][OPEN]["state"], "CANCELLED", "{view:#}");
        assert_eq!(view["images"][image]["jobs"][DONE]["state"], "SUCCEEDED", "{view:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_set_back_to_an_old_state_catches_up() {
    let mut system = System::start_unsaved();
    let [_done, open] = system.two_models();
    let third = system.model(&["--model", "sharpness"]);
    system.configure(&format!("sharpness = \"{}\"", third.url));
    let address = open.address().to_owned();
    open.program.kill();
    let api = system.api();
    let _dispatcher = system.dispatcher();
    let old = post(&api, 0..100, &[DONE, OPEN]).await;
    wait_for_model(&api, &old, DONE).await;
    tell(&system, "SAVE");
    // Of the old images more is asked, and there are new ones.
    let new = post(&api, 50..200, &[DONE, "sharpness"]).await;
    wait_for_model(&api, &new, DONE).await;
    system.redis.kill();
    system.redis.restart();

    let _open = system.model(&["--model", OPEN, "--listen", &address]);
    wait_for_model(&api, &old, OPEN).await;
    wait_for_model(&api, &old, DONE).await;
    wait_for_model(&api, &new, DONE).await;
    wait_for_model(&api, &new, "sharpness").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_past_its_time_in_redis_is_told_by_the_record_and_not_made_again() {
    let mut system = System::start();
    system.configure("[store]\nretention = \"1s\"");
    let _models = system.two_models();
    let api = system.api();
    let _dispatcher = system.dispatcher();
    let images = post(&api, 0..3, &[DONE]).await;
    let before = wait_for_model(&api, &images, DONE).await;
    let forgotten = || keys(&system).is_empty();
    assert!(wait_until(async || forgotten()).await, "{:?}", keys(&system));
    assert_eq!(wait_for_model(&api, &images, DONE).await, before);
    let (status, body) = api.predict(&[jpeg(0)], &[DONE]).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{body}");
    assert_eq!(body["jobs"][0]["state"], "SUCCEEDED", "{body}");
    assert_eq!(body["jobs"][0]["new"], false, "{body}");
    assert_eq!(wait_for_model(&api, &images, DONE).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn finished_results_are_told_while_redis_is_away() {
    let mut system = System::start();
    let [_done, open] = system.two_models();
    open.program.kill();
    let api = system.api();
    let dispatcher = system.dispatcher();
    let done = post(&api, 0..1, &[DONE]).await;
    let before = wait_for_model(&api, &done, DONE).await;
    let unfinished = post(&api, 1..2, &[OPEN]).await;
    // It writes down what it has before it ends.
    assert!(dispatcher.stop().success());
    system.redis.kill();
    assert_eq!(wait_for_model(&api, &done, DONE).await, before);
    assert_eq!(api.get(&format!("/predict/{}", unfinished[0])).await.0, 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_has_redis_filled_again_by_command() {
    let mut system = System::start();
    let _models = system.two_models();
    let api = system.api();
    let dispatcher = system.dispatcher();
    let images = post(&api, 0..20, &[DONE]).await;
    let before = wait_for_model(&api, &images, DONE).await;
    assert!(dispatcher.stop().success());
    post(&api, 20..50, &[DONE]).await;
    assert!(api.program.stop().success());
    tell(&system, "FLUSHALL");

    let look = fsck(&system, &["--dry-run"]);
    assert!(look.contains("30  accepted jobs that the job store had lost"), "{look}");
    assert!(look.contains("20  ended jobs that the job store had lost"), "{look}");
    assert!(look.contains("nothing was changed"), "{look}");
    assert!(fsck(&system, &[]).contains("30  accepted jobs"));
    assert!(fsck(&system, &[]).contains("50  images looked at"));
    assert!(fsck(&system, &["--dry-run"]).contains("job store and records agree"));

    let (api, _dispatcher) = (system.api(), system.dispatcher());
    let all: Vec<String> = (0..50).map(|seed| md5(&jpeg(seed))).collect();
    assert_eq!(wait_for_model(&api, &all, DONE).await[..20], before);
}

fn fsck(system: &System, more: &[&str]) -> String {
    let flags = system.flags();
    let mut args = vec!["fsck"];
    args.extend(flags.iter().map(String::as_str));
    args.extend(more);
    Program::start("api", &system.folder("fsck"), &args).ended().1
}

/// Standalone keeps its jobs in a file of its own, which may be lost as well.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_job_file_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let args = ["--listen", "127.0.0.1:0"];
        Server::new(Program::start("standalone", folder.path(), &args))
    };
    let server = start();
    let images = post(&server, 0..10, &[DONE]).await;
    let before = wait_for_model(&server, &images, DONE).await;
    assert!(server.program.stop().success());
    std::fs::remove_file(folder.path().join("data/jobs.db")).unwrap();
    let server = start();
    server.program.wait_for_line("given_back=10");
    assert_eq!(wait_for_model(&server, &images, DONE).await, before);
    assert!(wait_until(async || server.get("/health/ready").await.0 == 200).await);
    tokio::time::timeout(Duration::from_mins(1), post(&server, 10..11, &[DONE])).await.unwrap();
}
