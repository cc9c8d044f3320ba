//! What is away comes back, and nothing was lost meanwhile.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::json;

use crate::files::files;
use crate::system::{System, form, jpeg, md5, wait_until};

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_away_clients_are_told_and_afterwards_everything_goes_on() {
    let mut system = System::start();
    let _models = system.two_models();
    let api = system.api();
    let dispatcher = system.dispatcher_with_health();
    assert_eq!(dispatcher.get("/health/ready").await.0, 200);
    let (status, _) = api.predict(&[jpeg(1)], &["average_color"]).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    api.wait_for_end(&md5(&jpeg(1))).await;
    let before = files(&system.images());

    system.redis.kill();
    let begun = Instant::now();
    let response = api.post("/predict", form(&[jpeg(2)], &["average_color"])).await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert_eq!(api.get(&format!("/predict/{}", md5(&jpeg(2)))).await.0, 503);
    assert_eq!(api.get("/health/ready").await.0, 503);
    assert_eq!(api.get("/health/live").await.0, 200);
    assert_eq!(dispatcher.get("/health/ready").await.0, 503);
    assert_eq!(dispatcher.get("/health/live").await.0, 200);
    assert!(begun.elapsed() < Duration::from_secs(30), "clients are not kept waiting");
    assert_eq!(files(&system.images()), before, "nothing of a refused request stays");

    system.redis.restart();
    assert!(wait_until(async || api.get("/health/ready").await.0 == 200).await);
    let first = api.wait_for_end(&md5(&jpeg(1))).await;
    assert_eq!(first["status"], "SUCCEEDED");
    let (status, _) = api.predict(&[jpeg(2)], &["average_color"]).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let second = api.wait_for_end(&md5(&jpeg(2))).await;
    assert_eq!(second["status"], "SUCCEEDED");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_model_is_away_its_jobs_wait_and_say_why() {
    let mut system = System::start();
    let [color, hash] = system.two_models();
    let api = system.api();
    let _dispatcher = system.dispatcher();
    let address = color.address().to_owned();
    color.program.kill();
    let image = md5(&jpeg(1));
    api.predict(&[jpeg(1)], &["average_color", "perceptual_hash"]).await;
    let view = api
        .wait_for_image(&image, |view| {
            view["jobs"]["average_color"]["state"] == "WAITING"
                && view["jobs"]["perceptual_hash"]["state"] == "SUCCEEDED"
        })
        .await;
    let waiting = &view["jobs"]["average_color"]["waiting"];
    assert!(waiting["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{view:#}");
    assert_eq!(view["jobs"]["average_color"]["failures"], 0, "{view:#}");

    let _color = system.model(&["--model", "average_color", "--listen", &address]);
    let view = api.wait_for_end(&image).await;
    assert_eq!(view["status"], "SUCCEEDED", "{view:#}");
    assert_eq!(view["jobs"]["average_color"]["failures"], 0, "{view:#}");
    drop(hash);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_jobs_of_a_killed_dispatcher_are_done_by_another() {
    let mut system = System::start();
    let model = system.model(&["--noop", "--delay", "1h"]);
    system.configure("[dispatcher]\nlease = \"1s\"");
    system.configure(&format!("[models]\nnoop = \"{}\"", model.url));
    let api = system.api();
    let address = model.address().to_owned();
    let first = system.dispatcher();
    let image = md5(&jpeg(1));
    api.predict(&[jpeg(1)], &["noop"]).await;
    api.wait_for_image(&image, |view| view["status"] == "RUNNING").await;
    first.kill();
    model.program.kill();
    let _model = system.model(&["--noop", "--listen", &address]);
    let _second = system.dispatcher();
    let view = api.wait_for_end(&image).await;
    assert_eq!(view["status"], "SUCCEEDED", "{view:#}");
    assert_eq!(view["jobs"]["noop"]["attempts"], 2, "{view:#}");
    assert_eq!(view["jobs"]["noop"]["failures"], 0, "{view:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_with_which_five_dispatchers_died_is_given_up() {
    let mut system = System::start();
    let model = system.model(&["--noop", "--delay", "1h"]);
    system.configure("[dispatcher]\nlease = \"1s\"");
    system.configure(&format!("[models]\nnoop = \"{}\"", model.url));
    let api = system.api();
    let image = md5(&jpeg(1));
    api.predict(&[jpeg(1)], &["noop"]).await;
    for death in 1..=5 {
        let dispatcher = system.dispatcher();
        api.wait_for_image(&image, |view| view["jobs"]["noop"]["attempts"] == death).await;
        dispatcher.kill();
    }
    let _last = system.dispatcher();
    let view = api.wait_for_end(&image).await;
    assert_eq!(view["status"], "FAILED", "{view:#}");
    let job = &view["jobs"]["noop"];
    assert_eq!((&job["attempts"], &job["failures"]), (&json!(5), &json!(0)), "{view:#}");
    assert_eq!(job["error"]["kind"], "dispatchers_died", "{view:#}");
    assert!(job["error"]["message"].as_str().is_some_and(|it| it.contains('5')), "{view:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispatcher_suspended_for_longer_than_a_prediction_may_take_does_not_blame_the_model() {
    let mut system = System::start();
    let model = system.model(&["--noop", "--delay", "1h"]);
    system.configure("[dispatcher]\nlease = \"1h\"\n[model_defaults]\nmax_attempts = 1");
    system.configure(&format!("timeout = \"3s\"\n[models]\nnoop = \"{}\"", model.url));
    let api = system.api();
    let address = model.address().to_owned();
    let dispatcher = system.dispatcher();
    let image = md5(&jpeg(1));
    api.predict(&[jpeg(1)], &["noop"]).await;
    api.wait_for_image(&image, |view| view["status"] == "RUNNING").await;
    dispatcher.freeze();
    model.program.kill();
    let _model = system.model(&["--noop", "--listen", &address]);
    tokio::time::sleep(Duration::from_millis(4500)).await;
    dispatcher.signal("CONT");
    let view = api.wait_for_end(&image).await;
    assert_eq!(view["status"], "SUCCEEDED", "{view:#}");
    assert_eq!(view["jobs"]["noop"]["failures"], 0, "{view:#}");
}
