//! What happens anywhere is told at every api.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use photo_tests::events::EventReader;
use photo_tests::files::allow_many;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::system::{Server, System, jpeg, md5};

const MODELS: [&str; 2] = ["average_color", "perceptual_hash"];

async fn post(api: &Server, seeds: std::ops::Range<u32>) -> Vec<String> {
    let photos: Vec<Vec<u8>> = seeds.map(jpeg).collect();
    let (status, body) = api.predict(&photos, &MODELS).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{body}");
    photos.iter().map(|photo| md5(photo)).collect()
}

/// Follows images from where an earlier stream ended, if there was one.
async fn follow(api: &Server, images: &[String], last: Option<&str>) -> EventReader {
    let request = api.client.post(format!("{}/predict/events", api.url));
    let request = request.json(&json!({"images": images}));
    let request = last.into_iter().fold(request, |it, last| it.header("last-event-id", last));
    EventReader::new(request.send().await.unwrap())
}

/// What a client knows that has read the stream to its end.
async fn read_to_end(reader: &mut EventReader, known: &mut BTreeMap<String, Value>) {
    while let Some(event) = reader.next().await {
        match event.name.as_str() {
            "image" => {
                known.insert(event.data["image"].as_str().unwrap().to_owned(), event.data);
            }
            name => assert_eq!(name, "done"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_posted_to_one_api_shows_at_another_until_its_result_is_there() {
    let mut system = System::start();
    let _models = system.two_models();
    let (one, other) = (system.api(), system.api());
    let mut live = EventReader::new(reqwest::get(format!("{}/events", other.url)).await.unwrap());
    let image = post(&one, 0..1).await.remove(0);
    let event = live.next_of("image").await;
    assert_eq!((&event.data["image"], &event.data["status"]), (&json!(image), &json!("QUEUED")));
    let _dispatcher = system.dispatcher();
    let view = loop {
        let event = live.next_of("image").await;
        if event.data["status"] == "SUCCEEDED" {
            break event.data;
        }
    };
    assert_eq!(view, one.get(&format!("/predict/{image}")).await.1);
    let (status, waited) = one.get(&format!("/predict/{image}?wait=30s")).await;
    assert_eq!((status, waited), (StatusCode::OK, view));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_goes_on_at_another_api_without_a_gap_while_jobs_end() {
    let mut system = System::start();
    let _models = system.two_models();
    let (one, other) = (system.api(), system.api());
    let images = post(&one, 0..100).await;
    let dispatcher = system.dispatcher();
    let mut known = BTreeMap::new();
    let mut last: Option<String> = None;
    // After a few events each time the client is at the other one.
    for turn in 0..40 {
        let api = if turn % 2 == 0 { &one } else { &other };
        let mut reader = follow(api, &images, last.as_deref()).await;
        for _ in 0..10 {
            let Some(event) = reader.next().await else { break };
            if event.name == "image" {
                known.insert(event.data["image"].as_str().unwrap().to_owned(), event.data);
            }
        }
        last = reader.last_id().map(str::to_owned).or(last);
    }
    let mut reader = follow(&other, &images, last.as_deref()).await;
    read_to_end(&mut reader, &mut known).await;
    // What it was told in pieces is what there is.
    let views = one.wait_for_all(&images).await;
    assert_eq!(known, views.into_iter().collect());
    drop(dispatcher);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_outlives_redis_and_an_api_that_stops_ends_it() {
    let mut system = System::start();
    let _models = system.two_models();
    let api = system.api();
    let images = post(&api, 0..20).await;
    let mut some = follow(&api, &images[..10], None).await;
    for _ in 0..10 {
        assert_eq!(some.next_of("image").await.data["status"], "QUEUED");
    }
    system.redis.kill();
    system.redis.restart();
    let dispatcher = system.dispatcher();
    let mut known = BTreeMap::new();
    read_to_end(&mut some, &mut known).await;
    assert_eq!(known, api.wait_for_all(&images[..10]).await.into_iter().collect());

    let absent = md5(b"never posted");
    let mut waiting = follow(&api, &[absent], None).await;
    assert_eq!(waiting.next().await.unwrap().name, "unknown");
    assert!(api.program.stop().success());
    assert_eq!(waiting.next().await, None);
    drop(dispatcher);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_clients_are_told_at_the_same_time() {
    allow_many();
    let mut system = System::start();
    let _models = system.two_models();
    let api = system.api();
    let images = post(&api, 0..50).await;
    let streams = join_all((0..1000).map(|number| {
        let images = &images[number % 50..=number % 50];
        follow(&api, images, None)
    }));
    let mut streams = streams.await;
    for reader in &mut streams {
        assert_eq!(reader.next_of("image").await.data["status"], "QUEUED");
    }
    // The others are not kept from anything by those who wait.
    let more = post(&api, 50..60).await;
    let _dispatcher = system.dispatcher();
    api.wait_for_all(&more).await;
    for (number, reader) in streams.iter_mut().enumerate() {
        let mut known = BTreeMap::new();
        read_to_end(reader, &mut known).await;
        let view = &known[&images[number % 50]];
        assert_eq!(view["status"], "SUCCEEDED", "{view}");
    }
}
