//! Redis is away, frozen, full, read-only, forgetful or crowded: clients are told so soon, nothing
//! is lost, and everything goes on by itself.

use std::time::{Duration, Instant};

use deadpool_redis::redis::{Client, Connection, cmd};
use photo_tests::redis_server::RedisServer;
use photo_tests::wire::Wire;
use reqwest::StatusCode;
use serde_json::json;

use crate::system::{Server, System, form, jpeg, md5, wait_until};

/// The longest an answer may take: three seconds for a Redis that does not answer, five for one
/// that is slow to, and some for a busy machine.
const SOON: Duration = Duration::from_secs(7);

fn connection(redis: &RedisServer) -> Connection {
    Client::open(redis.url()).unwrap().get_connection().unwrap()
}

fn tell(redis: &mut Connection, command: &str) {
    let mut words = command.split(' ');
    let mut told = cmd(words.next().unwrap());
    words.for_each(|word| {
        told.arg(word);
    });
    told.exec(redis).unwrap_or_else(|error| panic!("{command}: {error}"));
}

/// Uploads a photo; that the answer is this, and comes soon.
async fn uploads(api: &Server, photo: u32, expected: StatusCode) {
    let asked = Instant::now();
    let response = api.post("/predict", form(&[jpeg(photo)], &["noop"])).await.unwrap();
    assert_eq!(response.status(), expected);
    let again = response.headers().get("retry-after").map(|after| after.to_str().unwrap());
    let expected = match expected {
        StatusCode::SERVICE_UNAVAILABLE => Some("5"),
        StatusCode::INSUFFICIENT_STORAGE => Some("60"),
        _ => None,
    };
    assert_eq!(again, expected);
    assert!(asked.elapsed() < SOON, "{:?}", asked.elapsed());
}

/// That a path is answered so, and soon.
async fn answers(server: &Server, path: &str, expected: u16) {
    let asked = Instant::now();
    let (status, body) = server.get(path).await;
    assert_eq!(status, expected, "{path}: {body}");
    assert!(asked.elapsed() < SOON, "{path}: {:?}", asked.elapsed());
}

async fn becomes_ready(server: &Server) {
    assert!(wait_until(async || server.get("/health/ready").await.0 == 200).await);
}

async fn all_succeed(api: &Server, photos: std::ops::Range<u32>) {
    let images: Vec<String> = photos.map(|photo| md5(&jpeg(photo))).collect();
    for (image, view) in api.wait_for_all(&images).await {
        assert_eq!(view["status"], "SUCCEEDED", "{image}: {view:#}");
        assert_eq!(view["jobs"]["noop"]["failures"], 0, "{image}: {view:#}");
    }
}

/// A system with one model, which answers one photo after the other, each after a moment.
fn system() -> (System, Server) {
    let mut system = System::start();
    let model = system.model(&["--noop", "--delay", "300ms"]);
    system.configure(&format!("[models]\nnoop = {{ url = \"{}\", concurrency = 1 }}", model.url));
    (system, model)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_programs_start_without_redis_and_work_as_soon_as_it_is_there() {
    let (mut system, _model) = system();
    system.redis.kill();
    let (api, dispatcher) = (system.api(), system.dispatcher_with_health());
    for _ in 0..3 {
        answers(&api, "/health/live", 200).await;
        answers(&api, "/health/ready", 503).await;
        answers(&api, "/models", 503).await;
        answers(&api, &format!("/predict/{}", md5(&jpeg(1))), 503).await;
        uploads(&api, 1, StatusCode::SERVICE_UNAVAILABLE).await;
        answers(&dispatcher, "/health/live", 200).await;
        answers(&dispatcher, "/health/ready", 503).await;
    }
    system.redis.restart();
    becomes_ready(&api).await;
    becomes_ready(&dispatcher).await;
    uploads(&api, 1, StatusCode::ACCEPTED).await;
    all_succeed(&api, 1..2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_frozen_nobody_waits_and_no_outcome_is_lost() {
    let (system, _model) = system();
    let (api, dispatcher) = (system.api(), system.dispatcher_with_health());
    uploads(&api, 0, StatusCode::ACCEPTED).await;
    api.wait_for_image(&md5(&jpeg(0)), |view| view["status"] == "RUNNING").await;
    system.redis.pause();
    let asked = Instant::now();
    for photo in 1..100 {
        uploads(&api, photo, StatusCode::SERVICE_UNAVAILABLE).await;
        answers(&api, &format!("/predict/{}", md5(&jpeg(0))), 503).await;
    }
    // With three seconds for each it would be ten minutes.
    assert!(asked.elapsed() < Duration::from_mins(1), "{:?}", asked.elapsed());
    for server in [&api, &dispatcher] {
        answers(server, "/health/live", 200).await;
        answers(server, "/health/ready", 503).await;
    }
    system.redis.resume();
    becomes_ready(&api).await;
    all_succeed(&api, 0..1).await;
    uploads(&api, 1, StatusCode::ACCEPTED).await;
    all_succeed(&api, 1..2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_lets_nobody_write_photos_are_refused_and_outcomes_kept() {
    let (system, _model) = system();
    let (api, dispatcher) = (system.api(), system.dispatcher_with_health());
    let mut redis = connection(&system.redis);
    for photo in 0..3 {
        uploads(&api, photo, StatusCode::ACCEPTED).await;
    }
    api.wait_for_image(&md5(&jpeg(0)), |view| view["status"] == "RUNNING").await;
    tell(&mut redis, "REPLICAOF 127.0.0.1 1");
    uploads(&api, 3, StatusCode::SERVICE_UNAVAILABLE).await;
    for server in [&api, &dispatcher] {
        answers(server, "/health/live", 200).await;
        answers(server, "/health/ready", 503).await;
    }
    tell(&mut redis, "REPLICAOF NO ONE");
    becomes_ready(&api).await;
    uploads(&api, 3, StatusCode::ACCEPTED).await;
    all_succeed(&api, 0..4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_redis_takes_no_photos_and_what_is_there_is_done() {
    let (system, _model) = system();
    let (api, dispatcher) = (system.api(), system.dispatcher_with_health());
    let mut redis = connection(&system.redis);
    for photo in 0..5 {
        uploads(&api, photo, StatusCode::ACCEPTED).await;
    }
    tell(&mut redis, "CONFIG SET maxmemory 1");
    uploads(&api, 5, StatusCode::INSUFFICIENT_STORAGE).await;
    answers(&api, "/health/ready", 507).await;
    answers(&dispatcher, "/health/ready", 200).await;
    all_succeed(&api, 0..5).await;
    uploads(&api, 5, StatusCode::INSUFFICIENT_STORAGE).await;
    tell(&mut redis, "CONFIG SET maxmemory 0");
    answers(&api, "/health/ready", 200).await;
    uploads(&api, 5, StatusCode::ACCEPTED).await;
    all_succeed(&api, 5..6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_forgets_scripts_and_cuts_connections_loses_nothing() {
    let (system, _model) = system();
    let (api, _dispatcher) = (system.api(), system.dispatcher());
    let mut redis = connection(&system.redis);
    for photo in 0..20 {
        tell(&mut redis, "SCRIPT FLUSH SYNC");
        if photo % 4 == 0 {
            tell(&mut redis, "CLIENT KILL TYPE normal SKIPME yes");
            tell(&mut redis, "CLIENT KILL TYPE pubsub");
        }
        // A connection that was cut is replaced within the same request.
        uploads(&api, photo, StatusCode::ACCEPTED).await;
    }
    all_succeed(&api, 0..20).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_with_too_many_clients_is_away_until_there_is_room() {
    let (system, _model) = system();
    let (api, dispatcher) = (system.api(), system.dispatcher_with_health());
    let mut redis = connection(&system.redis);
    uploads(&api, 0, StatusCode::ACCEPTED).await;
    tell(&mut redis, "CONFIG SET maxclients 1");
    tell(&mut redis, "CLIENT KILL TYPE normal SKIPME yes");
    tell(&mut redis, "CLIENT KILL TYPE pubsub");
    for _ in 0..3 {
        uploads(&api, 1, StatusCode::SERVICE_UNAVAILABLE).await;
        answers(&api, "/health/ready", 503).await;
        answers(&dispatcher, "/health/ready", 503).await;
    }
    tell(&mut redis, "CONFIG SET maxclients 10000");
    becomes_ready(&api).await;
    uploads(&api, 1, StatusCode::ACCEPTED).await;
    all_succeed(&api, 0..2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_slow_for_a_while_is_away_for_as_long() {
    let (system, _model) = system();
    let (api, _dispatcher) = (system.api(), system.dispatcher());
    let mut redis = connection(&system.redis);
    uploads(&api, 0, StatusCode::ACCEPTED).await;
    // Writes wait, reads do not: it would be easy to take it for well.
    tell(&mut redis, "CLIENT PAUSE 600000 WRITE");
    for _ in 0..20 {
        uploads(&api, 1, StatusCode::SERVICE_UNAVAILABLE).await;
        answers(&api, "/health/ready", 503).await;
    }
    tell(&mut redis, "CLIENT UNPAUSE");
    becomes_ready(&api).await;
    uploads(&api, 1, StatusCode::ACCEPTED).await;
    all_succeed(&api, 0..2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_answers_late_keeps_nobody_waiting_for_all_its_answers_together() {
    let (mut system, _model) = system();
    let redis = system.redis.url().trim_start_matches("redis://").parse().unwrap();
    let wire = Wire::open(redis).await.unwrap();
    system.use_store(format!("redis://{}", wire.address));
    let api = system.api();
    let status = format!("/predict/{}", md5(&jpeg(0)));
    uploads(&api, 0, StatusCode::ACCEPTED).await;
    // From now on Redis knows every script, so that a question is one answer.
    answers(&api, &status, 200).await;
    // One answer takes less than three seconds, and three of them more than five.
    wire.lengthen(Duration::from_millis(900));
    answers(&api, &status, 200).await;
    // The queue is looked at before the form, again as there is more than one photo, and then
    // joined.
    let photos = [jpeg(1), jpeg(2)];
    let asked = Instant::now();
    let answer = api.post("/predict?models=noop", form(&photos, &[])).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers().contains_key("retry-after"));
    assert!(asked.elapsed() < SOON, "{:?}", asked.elapsed());
    // Fifty answers, for twenty images each.
    let images: Vec<String> = (0..1000).map(|n| format!("{n:032x}")).collect();
    let asked = Instant::now();
    let answer = api.post_json("/predict/status", &json!({"images": images})).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers().contains_key("retry-after"));
    assert!(asked.elapsed() < SOON, "{:?}", asked.elapsed());
    wire.clear();
    uploads(&api, 1, StatusCode::ACCEPTED).await;
    let _dispatcher = system.dispatcher();
    all_succeed(&api, 0..2).await;
}
