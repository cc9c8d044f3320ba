//! Sentinels make another server the master, twice, while photos come in.

use photo_tests::redis_trio::RedisTrio;
use reqwest::StatusCode;

use crate::system::{Server, System, jpeg, md5, wait_until};

const MODELS: [&str; 2] = ["average_color", "perceptual_hash"];

/// Uploads photos, each again until it is accepted.
async fn upload(api: &Server, photos: std::ops::Range<u32>, images: &mut Vec<String>) {
    for photo in photos.map(jpeg) {
        let accepted = wait_until(async || {
            let (status, body) = api.predict(std::slice::from_ref(&photo), &MODELS).await;
            let known = [StatusCode::ACCEPTED, StatusCode::SERVICE_UNAVAILABLE].contains(&status);
            assert!(known, "{status}: {body}");
            status == StatusCode::ACCEPTED
        });
        assert!(accepted.await, "photo {} is not accepted", images.len());
        images.push(md5(&photo));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_failovers_lose_no_job_and_need_no_help() {
    let mut trio = RedisTrio::start();
    let mut system = System::start();
    system.use_store(trio.url());
    system.configure("[dispatcher]\nlease = \"3s\"");
    let _models = system.two_models();
    let (api, second) = (system.api(), system.api());
    let _dispatchers = [system.dispatcher(), system.dispatcher()];
    let mut images = Vec::new();

    upload(&api, 0..30, &mut images).await;
    // What was accepted and not replicated is lost with the master; that is Redis's promise.
    trio.replicate(0);
    trio.servers[0].kill();
    upload(&api, 30..50, &mut images).await;
    upload(&second, 50..60, &mut images).await;

    trio.servers[0].restart();
    trio.wait_for_role(0, "slave");
    trio.replicate(1);
    trio.servers[1].pause();
    trio.wait_for_role(0, "master");
    upload(&second, 60..70, &mut images).await;
    trio.servers[1].resume();
    trio.wait_for_role(1, "slave");
    upload(&api, 70..80, &mut images).await;

    for (image, view) in second.wait_for_all(&images).await {
        assert_eq!(view["status"], "SUCCEEDED", "{image}: {view:#}");
        for model in MODELS {
            assert_eq!(view["jobs"][model]["failures"], 0, "{image}: {view:#}");
        }
    }
    assert_eq!(api.statuses(&images).await, second.statuses(&images).await);
}
