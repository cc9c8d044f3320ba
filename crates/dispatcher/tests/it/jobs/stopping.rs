//! A dispatcher that stops loses nothing and keeps nobody waiting.

use std::time::Duration;

use photo_core::JobState::{Queued, Succeeded};

use crate::fake_service::{FakeService, Takes};
use crate::world::{World, eventually};

#[tokio::test]
async fn answers_under_way_are_recorded_before_a_dispatcher_stops() {
    let service = FakeService::start(Takes::Multipart);
    service.set_open(false);
    let mut world = World::with_wood(&[&service]);
    world.wood().concurrency = Some(2);
    world.config.dispatcher.drain = Duration::from_hours(1);
    let images = [world.ask(1).await, world.ask(2).await, world.ask(3).await];
    let mut dispatcher = world.start();
    service.until_in_flight(2).await;
    dispatcher.tell_to_stop();
    service.set_open(true);
    dispatcher.ended().await;

    let mut states = Vec::new();
    for image in images {
        states.push(world.job(image, "wood").await.state);
    }
    states.sort_by_key(|state| state.as_str());
    assert_eq!(states, [Queued, Succeeded, Succeeded]);
}

#[tokio::test]
async fn what_takes_longer_than_the_drain_is_handed_back_without_a_penalty() {
    let service = FakeService::start(Takes::Multipart);
    service.set_open(false);
    let mut world = World::with_wood(&[&service]);
    world.config.dispatcher.drain = Duration::from_millis(100);
    let image = world.ask(1).await;
    let dispatcher = world.start();
    service.until_in_flight(1).await;
    dispatcher.stop().await;
    let job = world.job(image, "wood").await;
    assert_eq!((job.state, job.failures), (Queued, 0));
    service.until_in_flight(0).await;

    // The next dispatcher does it at once.
    service.set_open(true);
    let _next = world.start();
    world.until(image, Succeeded).await;
}

#[tokio::test]
async fn an_idle_dispatcher_stops_at_once() {
    let service = FakeService::start(Takes::Multipart);
    let mut world = World::with_wood(&[&service]);
    world.config.dispatcher.drain = Duration::from_hours(1);
    let image = world.ask(1).await;
    let dispatcher = world.start();
    world.until(image, Succeeded).await;
    dispatcher.stop().await;
}

#[tokio::test]
async fn a_dispatcher_stops_though_the_store_stays_away() {
    let service = FakeService::start(Takes::Multipart);
    service.set_open(false);
    let mut world = World::with_wood(&[&service]);
    world.config.dispatcher.drain = Duration::from_millis(100);
    world.config.dispatcher.lease = Duration::from_secs(1);
    world.ask(1).await;
    let mut dispatcher = world.start();
    service.until_in_flight(1).await;
    world.store.set_away(true);
    dispatcher.tell_to_stop();
    eventually("recording fails", async || (world.store.refused() >= 1).then_some(())).await;
    dispatcher.ended().await;
}
