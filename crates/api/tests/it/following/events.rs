//! Images are told as they change.

use std::collections::BTreeSet;
use std::time::Duration;

use photo_core::job::Ending;
use photo_tests::events::{Event, EventReader};
use photo_tests::photos::bmp;
use reqwest::StatusCode;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::app::{App, form, json_of, md5, problem};

async fn upload(app: &App, seed: u64) -> String {
    upload_for(app, seed, &["sharpness"]).await
}

async fn upload_for(app: &App, seed: u64, models: &[&str]) -> String {
    json_of(app.predict(form(&[bmp(seed)], models)).await, StatusCode::ACCEPTED).await;
    md5(&bmp(seed))
}

/// Takes all queued jobs and lets them succeed.
async fn work(app: &App) {
    for job in app.claim("sharpness").await {
        let result = RawValue::from_string("{\"n\": 1}".to_owned()).unwrap();
        app.end(&job, Ending::Succeeded(result)).await;
    }
}

async fn follow(app: &App, images: &[&String]) -> EventReader {
    let images = images.iter().map(|image| image.as_str()).collect::<Vec<_>>().join(",");
    EventReader::new(app.get(&format!("/events?images={images}")).await)
}

async fn resume(app: &App, images: &[&String], last: &str) -> EventReader {
    let images = images.iter().map(|image| image.as_str()).collect::<Vec<_>>().join(",");
    let request = app.client.get(format!("{}/events?keys={images}", app.url));
    EventReader::new(request.header("last-event-id", last).send().await.unwrap())
}

/// The images told next, up to one that is finished.
async fn told_until_done(reader: &mut EventReader) -> Vec<Event> {
    let mut events = Vec::new();
    while let Some(event) = reader.next().await {
        events.push(event);
    }
    let last = events.pop().unwrap();
    assert_eq!((last.name.as_str(), &last.data), ("done", &json!({})));
    events
}

fn image_of(event: &Event) -> (&str, &Value, &Value) {
    (&event.name, &event.data["image"], &event.data["status"])
}

#[actix_web::test]
async fn an_image_is_told_as_it_is_and_whenever_it_changes_until_it_is_done() {
    let app = App::start();
    let image = upload(&app, 1).await;
    let mut reader = follow(&app, &[&image]).await;
    let first = reader.next().await.unwrap();
    assert_eq!(image_of(&first), ("image", &json!(image), &json!("QUEUED")));

    let job = app.claim("sharpness").await.remove(0);
    let event = reader.next().await.unwrap();
    assert_eq!(image_of(&event), ("image", &json!(image), &json!("RUNNING")));
    let result = RawValue::from_string("{\"n\":\r\n 1}".to_owned()).unwrap();
    app.end(&job, Ending::Succeeded(result)).await;
    let told = told_until_done(&mut reader).await;
    let view = json_of(app.get(&format!("/predict/{image}")).await, StatusCode::OK).await;
    assert_eq!(told.last().unwrap().data, view, "the same as is answered to whoever asks");
    assert_eq!(view["results"]["sharpness"]["n"], 1);
}

#[actix_web::test]
async fn what_is_done_is_told_at_once() {
    let app = App::start();
    let (one, other) = (upload(&app, 1).await, upload(&app, 2).await);
    work(&app).await;
    let body = json!({"images": [one, other, one]});
    let mut reader = EventReader::new(app.post_json("/predict/events", &body).await);
    let told = told_until_done(&mut reader).await;
    let images: BTreeSet<_> = told.iter().map(|event| event.data["image"].as_str()).collect();
    assert_eq!((told.len(), images.len()), (2, 2), "{told:?}");
}

#[actix_web::test]
async fn an_image_nobody_knows_is_named_and_told_once_it_is_there() {
    let app = App::start();
    let (known, unknown) = (upload(&app, 1).await, md5(&bmp(2)));
    work(&app).await;
    let mut reader = follow(&app, &[&known, &unknown]).await;
    assert_eq!(reader.next().await.unwrap().data["image"], known);
    let event = reader.next().await.unwrap();
    assert_eq!((event.name.as_str(), &event.data["images"]), ("unknown", &json!([unknown])));
    assert_eq!(event.data["waiting"], true, "the stream goes on: {event:?}");
    upload(&app, 2).await;
    let event = reader.next().await.unwrap();
    assert_eq!(image_of(&event), ("image", &json!(unknown), &json!("QUEUED")));
    work(&app).await;
    let told = told_until_done(&mut reader).await;
    assert!(told.iter().all(|event| event.data["image"] == unknown), "{told:?}");
}

#[actix_web::test]
async fn a_stream_is_resumed_without_a_gap_and_without_what_was_done_before() {
    let app = App::start();
    let mut images = Vec::new();
    for seed in 0..3 {
        images.push(upload(&app, seed).await);
    }
    let all: Vec<&String> = images.iter().collect();
    let mut reader = follow(&app, &all).await;
    for _ in 0..3 {
        assert_eq!(reader.next_of("image").await.data["status"], "QUEUED");
    }
    let jobs = app.claim("sharpness").await;
    for _ in 0..3 {
        assert_eq!(reader.next_of("image").await.data["status"], "RUNNING");
    }
    let succeeded = || Ending::Succeeded(RawValue::from_string("1".to_owned()).unwrap());
    app.end(&jobs[0], succeeded()).await;
    // Far enough back that no clock could be so wrong.
    app.clock.advance(Duration::from_mins(1));
    app.end(&jobs[1], succeeded()).await;
    let second = json!(jobs[1].lease.id.image);
    loop {
        let event = reader.next_of("image").await;
        if event.data["image"] == second && event.data["status"] == "SUCCEEDED" {
            break;
        }
    }
    let last = reader.last_id().unwrap().to_owned();
    drop(reader);
    app.end(&jobs[2], succeeded()).await;

    let mut reader = resume(&app, &all, &last).await;
    let told = told_until_done(&mut reader).await;
    let told: BTreeSet<_> =
        told.iter().map(|event| event.data["image"].clone().to_string()).collect();
    let image = |number: usize| json!(jobs[number].lease.id.image).to_string();
    assert!(told.contains(&image(2)), "it was done meanwhile: {told:?}");
    assert!(!told.contains(&image(0)), "it was told long ago: {told:?}");

    let tomorrow = (app.clock.now().0 + 24 * 3_600_000).to_string();
    for strange in ["not one of ours", &tomorrow] {
        let mut reader = resume(&app, &all, strange).await;
        assert_eq!(told_until_done(&mut reader).await.len(), 3, "all that there is");
    }
}

#[actix_web::test]
async fn a_stream_is_resumed_without_a_gap_although_the_clock_was_set_back() {
    let app = App::start();
    let (one, other) = (upload(&app, 1).await, upload(&app, 2).await);
    let jobs = app.claim("sharpness").await;
    let succeeded = || Ending::Succeeded(RawValue::from_string("1".to_owned()).unwrap());
    let mut reader = follow(&app, &[&one, &other]).await;
    for _ in 0..2 {
        assert_eq!(reader.next_of("image").await.data["status"], "RUNNING");
    }
    app.end(&jobs[0], succeeded()).await;
    assert_eq!(reader.next_of("image").await.data["status"], "SUCCEEDED");
    let last = reader.last_id().unwrap().to_owned();
    drop(reader);
    app.clock.set_back(Duration::from_hours(1));
    app.clock.advance(Duration::from_mins(1));
    app.end(&jobs[1], succeeded()).await;
    // Long after that by the clock, it still was told before.
    app.clock.advance(Duration::from_mins(90));
    let mut reader = resume(&app, &[&one, &other], &last).await;
    let told = told_until_done(&mut reader).await;
    let images: Vec<_> = told.iter().map(|event| event.data["image"].clone()).collect();
    assert!(images.contains(&json!(jobs[1].lease.id.image)), "it was done meanwhile: {images:?}");
}

#[actix_web::test]
async fn a_stream_broken_off_at_its_beginning_is_resumed_from_there() {
    let app = App::start();
    let (one, other) = (upload(&app, 1).await, upload(&app, 2).await);
    work(&app).await;
    app.clock.advance(Duration::from_mins(1));
    let mut reader = follow(&app, &[&one, &other]).await;
    let first = reader.next().await.unwrap();
    let mut reader = resume(&app, &[&one, &other], first.id.as_deref().unwrap()).await;
    assert_eq!(told_until_done(&mut reader).await.len(), 2);
}

#[actix_web::test]
async fn whatever_happens_is_told_to_whoever_looks_on() {
    let app = App::start();
    let mut reader = EventReader::new(app.get("/events").await);
    let image = upload(&app, 1).await;
    let event = reader.next().await.unwrap();
    assert_eq!(image_of(&event), ("image", &json!(image), &json!("QUEUED")));
    work(&app).await;
    while reader.next().await.unwrap().data["status"] != "SUCCEEDED" {}
}

#[actix_web::test]
async fn of_more_than_can_be_looked_at_only_the_number_is_told() {
    let app = App::start();
    let mut reader = EventReader::new(app.get("/events").await);
    let photos: Vec<_> = (0..200).map(bmp).collect();
    json_of(app.predict(form(&photos, &["sharpness"])).await, StatusCode::ACCEPTED).await;
    let mut told = 0;
    let more = loop {
        let event = reader.next().await.unwrap();
        if event.name == "more" {
            break event.data["images"].as_u64().unwrap();
        }
        told += 1;
    };
    assert_eq!((told, more), (20, 180));
}

#[actix_web::test]
async fn streams_end_when_the_server_stops() {
    let app = App::start();
    let image = upload(&app, 1).await;
    let mut some = follow(&app, &[&image]).await;
    let mut all = EventReader::new(app.get("/events").await);
    assert_eq!(some.next().await.unwrap().name, "image");
    app.stop.cancel();
    assert_eq!(some.next().await, None);
    assert_eq!(all.next().await, None);
}

#[actix_web::test]
async fn no_more_clients_wait_than_may() {
    let app = App::start_with(&json!({"api": {"max_streams": 2}}));
    let image = upload(&app, 1).await;
    let first = follow(&app, &[&image]).await;
    let _second = EventReader::new(app.get("/events").await);
    for path in ["/events".to_owned(), format!("/predict/{image}?wait=5s")] {
        let answer = app.get(&path).await;
        assert!(answer.headers().contains_key("retry-after"));
        problem(answer, StatusCode::TOO_MANY_REQUESTS).await;
    }
    // Without waiting there is an answer.
    json_of(app.get(&format!("/predict/{image}")).await, StatusCode::OK).await;
    // A client that has gone is noticed when it is to be told something.
    drop(first);
    work(&app).await;
    let mut pauses = tokio::time::interval(Duration::from_millis(20));
    while app.get("/events").await.status() != StatusCode::OK {
        pauses.tick().await;
    }
}

#[actix_web::test]
async fn questions_for_events_that_make_no_sense_are_refused() {
    let app = App::start();
    for path in ["/events?images=", "/events?images=xyz", "/events?keys=,"] {
        problem(app.get(path).await, StatusCode::BAD_REQUEST).await;
    }
    for body in [json!({}), json!({"images": []}), json!({"images": ["x"]}), json!([])] {
        problem(app.post_json("/predict/events", &body).await, StatusCode::BAD_REQUEST).await;
    }
    let many = vec![md5(b"never posted"); 10_001];
    let answer = app.post_json("/predict/events", &json!({"images": many})).await;
    problem(answer, StatusCode::PAYLOAD_TOO_LARGE).await;
}

#[tokio::test]
async fn a_query_names_as_many_images_as_a_url_has_room_for() {
    let app = App::start();
    let ask = async |images: usize| {
        let images: Vec<String> = (0..images).map(|number| format!("{number:032x}")).collect();
        // As some clients write a comma.
        app.get(&format!("/events?images={}", images.join("%2C"))).await
    };
    assert_eq!(ask(1_000).await.status(), StatusCode::OK);
    problem(ask(1_001).await, StatusCode::PAYLOAD_TOO_LARGE).await;
}
