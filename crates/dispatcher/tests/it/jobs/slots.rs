//! Limits hold, and one model does not slow another down.

use std::time::Duration;

use photo_core::JobState::Succeeded;
use photo_dispatcher::Settings;

use crate::fake_service::{FakeService, Takes};
use crate::world::World;

/// Longer than a test.
const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn a_models_limit_holds_over_all_dispatchers_together() {
    let service = FakeService::start(Takes::Multipart);
    let mut world = World::with_wood(&[&service]);
    world.wood().concurrency = Some(3);
    let mut images = Vec::new();
    for seed in 0..60 {
        images.push(world.ask(seed).await);
    }
    let _dispatchers = [world.start(), world.start()];
    for image in images {
        assert_eq!(world.until(image, Succeeded).await.attempts, 1);
    }
    assert!((1..=3).contains(&service.peak()), "{} at once", service.peak());
    assert_eq!(service.calls().len(), 60);
}

#[tokio::test]
async fn every_free_slot_is_used() {
    let service = FakeService::start(Takes::Multipart);
    service.set_open(false);
    let mut world = World::with_wood(&[&service]);
    world.wood().concurrency = Some(5);
    let _dispatcher = world.start();
    for seed in 0..7 {
        world.ask(seed).await;
    }
    service.until_in_flight(5).await;
}

#[tokio::test]
async fn a_dispatcher_has_no_more_jobs_under_way_than_it_may() {
    let services = [FakeService::start(Takes::Multipart), FakeService::start(Takes::Multipart)];
    for service in &services {
        service.set_open(false);
    }
    let mut world = World::with_wood(&[&services[0]]);
    world.model("stone", &[&services[1]]);
    world.config.dispatcher.max_in_flight = 4;
    let mut images = Vec::new();
    for seed in 0..6 {
        images.push(world.ask(seed).await);
        world.submit(images[seed], "stone").await;
    }
    let _dispatcher = world.start();
    // Both models have a concurrency of 4, so each has an even share.
    for service in &services {
        service.until_in_flight(2).await;
    }
    // Slow stone does not keep wood from its share.
    services[0].set_open(true);
    for image in images {
        world.until(image, Succeeded).await;
    }
    assert_eq!((services[0].peak(), services[1].peak()), (2, 2));
    assert_eq!(services[1].in_flight(), 2);
}

#[tokio::test]
async fn a_model_without_jobs_is_not_asked_for_with_every_job_of_another() {
    let services = [FakeService::start(Takes::Multipart), FakeService::start(Takes::Multipart)];
    let mut world = World::with_wood(&[&services[0]]);
    world.model("stone", &[&services[1]]);
    world.wood().concurrency = Some(1);
    let mut images = Vec::new();
    for seed in 0..100 {
        images.push(world.ask(seed).await);
    }
    // Once a second, or how often it is told to, a dispatcher looks at all of them.
    let _dispatcher = world.start_with(Settings { survey: DAY, ..World::settings() });
    for image in &images {
        world.until(*image, Succeeded).await;
    }
    let [wood, stone] = ["wood", "stone"].map(|model| world.store.asked_for(model));
    assert!(wood >= 100 && stone < wood / 4, "{wood} times for wood, {stone} times for stone");
    // And yet it is asked for as soon as there is a job.
    world.submit(images[0], "stone").await;
    services[1].until_called(1).await;
}
