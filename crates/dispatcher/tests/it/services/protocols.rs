//! Photos reach every generation of model services.

use std::time::Duration;

use photo_config::Protocol;
use photo_core::JobState::{Succeeded, Waiting};
use photo_core::job::Announcement;
use photo_core::ports::{ImageStore, JobStore};
use serde_json::json;

use crate::fake_service::{FakeService, Takes, reply};
use crate::world::{World, eventually, name};

#[tokio::test]
async fn a_photo_goes_in_the_request_to_the_newest_generation() {
    let service = FakeService::start(Takes::Multipart);
    let mut world = World::with_wood(&[&service]);
    world.wood().protocol = Some(Protocol::Multipart);
    // Larger than any buffer on its way.
    let image = world.photo_of(1, 3_000_000).await;
    world.submit(image, "wood").await;
    let _dispatcher = world.start();

    let job = world.until(image, Succeeded).await;
    assert_eq!(job.result.unwrap().get(), r#"{"oak": 0.75}"#);
    let call = service.calls().remove(0);
    assert_eq!(call.content_length, Some(call.body.len()));
    assert!(call.content_type.unwrap().starts_with("multipart/form-data; boundary="));
    assert!(call.body.len() > 3_000_000);
    let head = String::from_utf8_lossy(&call.body[..400]);
    assert!(head.contains(&format!(r#"name="image_file"; filename="{image}.gif""#)), "{head}");
    assert!(head.contains("image/gif"), "{head}");
}

#[tokio::test]
async fn a_photo_is_named_to_the_older_generation() {
    let service = FakeService::start(Takes::Filename);
    service.usually(reply(200, r#"{"result": {"oak":  1}}"#));
    let mut world = World::with_wood(&[&service]);
    world.wood().protocol = Some(Protocol::Filename);
    let image = world.ask(1).await;
    let _dispatcher = world.start();

    let job = world.until(image, Succeeded).await;
    assert_eq!(job.result.unwrap().get(), r#"{"oak":  1}"#);
    let call = service.calls().remove(0);
    let record = world.images.stat(image).await.unwrap().unwrap();
    assert_eq!(call.filename, Some(record.path()));
    assert_eq!((call.content_length, call.body.len()), (Some(0), 0));
}

#[tokio::test]
async fn the_generation_is_found_out_once_and_costs_no_attempt() {
    let service = FakeService::start(Takes::Filename);
    let mut world = World::with_wood(&[&service]);
    world.wood().concurrency = Some(1);
    world.wood().max_attempts = Some(1);
    let images = [world.ask(1).await, world.ask(2).await];
    let _dispatcher = world.start();

    for image in images {
        let job = world.until(image, Succeeded).await;
        assert_eq!((job.attempts, job.failures), (1, 0));
    }
    let bodies: Vec<usize> = service.calls().iter().map(|call| call.body.len()).collect();
    assert_eq!(bodies, [0, 0]);
}

#[tokio::test]
async fn a_service_that_does_not_say_how_it_takes_photos_gets_both() {
    let service = FakeService::start(Takes::FilenameUntold);
    let world = World::with_wood(&[&service]);
    let image = world.ask(1).await;
    let _dispatcher = world.start();
    let job = world.until(image, Succeeded).await;
    assert_eq!((job.attempts, job.failures), (1, 0));
    let call = service.calls().remove(0);
    assert!(call.filename.is_some() && !call.body.is_empty());
}

#[tokio::test]
async fn each_endpoint_of_a_model_may_be_of_another_generation() {
    let services = [FakeService::start(Takes::Filename), FakeService::start(Takes::Multipart)];
    let world = World::with_wood(&[&services[0], &services[1]]);
    let mut images = Vec::new();
    for seed in 0..6 {
        images.push(world.ask(seed).await);
    }
    let _dispatcher = world.start();
    for image in images {
        assert_eq!(world.until(image, Succeeded).await.failures, 0);
    }
    assert!(services.iter().all(|service| !service.calls().is_empty()));
}

#[tokio::test]
async fn what_a_model_can_say_is_kept_with_it() {
    let service = FakeService::start(Takes::Multipart);
    let world = World::with_wood(&[&service]);
    let image = world.ask(1).await;
    let _dispatcher = world.start();
    world.until(image, Succeeded).await;

    let known = world.store.models().await.unwrap();
    let wood = known.iter().find(|model| model.name == name("wood")).unwrap();
    assert_eq!(wood.classes, Some(json!(["oak", "elm"])));
}

#[tokio::test]
async fn a_service_of_the_first_generation_is_told_to_start() {
    let service = FakeService::start(Takes::Filename);
    service.usually(reply(200, r#"{"status_code": 503, "detail": "loading", "headers": null}"#));
    service.status(reply(200, r#"{"result": "False"}"#));
    let world = World::with_wood(&[&service]);
    let image = world.ask(1).await;
    let _dispatcher = world.start();

    let job = world.until(image, Succeeded).await;
    assert_eq!(job.result.unwrap().get(), r#"{"early": true}"#);
    assert_eq!(job.failures, 0);
    assert_eq!(service.starts(), 1);
}

#[tokio::test]
async fn a_model_that_announces_itself_gets_its_jobs() {
    let service = FakeService::start(Takes::Multipart);
    let world = World::new();
    let _dispatcher = world.start();
    let announcement = Announcement {
        model: name("wood"),
        url: service.url.clone(),
        lifetime: Duration::from_secs(45),
        from: None,
    };
    world.store.announce(&announcement).await.unwrap();
    let image = world.ask(1).await;
    world.until(image, Succeeded).await;

    // Fallen silent and not there any more, it is gone, and its jobs wait.
    drop(service);
    world.clock.advance(announcement.lifetime);
    eventually("the dispatcher notices", async || {
        let known = world.store.models().await.unwrap().pop().unwrap();
        known.endpoints.is_empty().then_some(known.hold?)
    })
    .await;
    let image = world.ask(2).await;
    let hold = world.until(image, Waiting).await.held_by_model.unwrap();
    assert!(hold.message.contains("no service has announced itself"), "{hold}");
}
