//! Endpoints that announce themselves once.

use std::time::Duration;

use photo_core::JobState::{Succeeded, Waiting};
use photo_core::job::Announcement;
use photo_core::ports::JobStore;

use crate::fake_service::{FakeService, Takes, reply};
use crate::world::{World, eventually, name};

const SILENCE: Duration = Duration::from_secs(45);

async fn announce(world: &World, model: &str, service: &FakeService) {
    let (model, url) = (name(model), service.url.clone());
    let announcement = Announcement { model, url, lifetime: SILENCE, from: None };
    world.store.announce(&announcement).await.unwrap();
}

/// Waits until the model's endpoints are these.
async fn until_endpoints_are(world: &World, model: &str, services: &[&FakeService]) {
    let expected: Vec<&str> = services.iter().map(|service| &*service.url).collect();
    eventually(&format!("the endpoints of {model}"), async || {
        let known = world.store.models().await.unwrap();
        let known = known.into_iter().find(|it| it.name.as_str() == model)?;
        known.endpoints.iter().map(|it| &it.url).eq(&expected).then_some(())
    })
    .await;
}

/// Lets time go by, in which a dispatcher has its looks.
async fn pass(world: &World, service: &FakeService, seconds: u64) {
    let asked = service.asked().len();
    world.clock.advance(Duration::from_secs(seconds));
    eventually("it is asked", async || (service.asked().len() > asked).then_some(())).await;
}

#[tokio::test]
async fn an_endpoint_that_announced_itself_once_lives_for_as_long_as_it_answers() {
    let service = FakeService::start(Takes::Multipart);
    let world = World::new();
    announce(&world, "wood", &service).await;
    let _dispatcher = world.start();
    for round in 0..5 {
        pass(&world, &service, 35).await;
        until_endpoints_are(&world, "wood", &[&service]).await;
        let image = world.ask(round).await;
        world.until(image, Succeeded).await;
    }
    // It need not be able to work.
    service.status(reply(503, r#"{"status": "failure"}"#));
    pass(&world, &service, 35).await;
    until_endpoints_are(&world, "wood", &[&service]).await;
    drop(service);
    world.clock.advance(SILENCE);
    until_endpoints_are(&world, "wood", &[]).await;
    let image = world.ask(99).await;
    world.until(image, Waiting).await;
}

#[tokio::test]
async fn an_endpoint_that_fell_silent_while_no_dispatcher_was_there_is_found_again() {
    let service = FakeService::start(Takes::Multipart);
    let world = World::new();
    announce(&world, "wood", &service).await;
    world.clock.advance(Duration::from_hours(20));
    until_endpoints_are(&world, "wood", &[]).await;
    let image = world.ask(1).await;
    let _dispatcher = world.start();
    world.until(image, Succeeded).await;
    until_endpoints_are(&world, "wood", &[&service]).await;
}

#[tokio::test]
async fn what_has_no_status_has_to_announce_itself() {
    for answer in [reply(404, "{}"), reply(200, "<!doctype html><p>a router's page</p>")] {
        let service = FakeService::start(Takes::Multipart);
        service.status(answer);
        let world = World::new();
        announce(&world, "wood", &service).await;
        let _dispatcher = world.start();
        pass(&world, &service, 35).await;
        world.clock.advance(SILENCE);
        pass(&world, &service, 0).await;
        until_endpoints_are(&world, "wood", &[]).await;
    }
}

#[tokio::test]
async fn an_address_that_is_another_models_now_is_not_kept_for_the_first() {
    let service = FakeService::start(Takes::Multipart);
    let world = World::new();
    announce(&world, "wood", &service).await;
    let _dispatcher = world.start();
    world.clock.advance(Duration::from_secs(20));
    announce(&world, "stone", &service).await;
    pass(&world, &service, 40).await;
    until_endpoints_are(&world, "stone", &[&service]).await;
    until_endpoints_are(&world, "wood", &[]).await;
    // Nor is it later, when neither has announced itself for long.
    pass(&world, &service, 60).await;
    until_endpoints_are(&world, "stone", &[&service]).await;
    until_endpoints_are(&world, "wood", &[]).await;
}
