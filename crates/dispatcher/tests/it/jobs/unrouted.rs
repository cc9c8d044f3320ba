//! Answers that say nothing about the photo: they hold the model, and no job ends by them.

use std::time::Duration;

use photo_core::ImageKey;
use photo_core::JobErrorKind as Kind;
use photo_core::JobState::{Failed, Succeeded, Waiting};
use photo_dispatcher::Settings;

use crate::fake_service::{FakeService, GOOD, Takes, reply};
use crate::world::World;

const STATUSES: [(u16, &str); 5] = [
    (404, "the service has no /predict (404): no route"),
    (401, "the service asks who we are (401): no route"),
    (403, "the service does not let us in (403): no route"),
    (405, "the service does not take POST requests to /predict (405): no route"),
    (451, "the service may not answer, by law (451): no route"),
];

/// A service without a route, and what it is asked about.
async fn without_route(status: u16) -> (FakeService, World, Vec<ImageKey>) {
    let service = FakeService::start(Takes::Multipart);
    service.usually(reply(status, "no route\n"));
    service.status(reply(status, "no route\n"));
    let mut world = World::with_wood(&[&service]);
    world.wood().max_attempts = Some(1);
    world.wood().concurrency = Some(4);
    let mut images = Vec::new();
    for seed in 0..20 {
        images.push(world.ask(seed).await);
    }
    (service, world, images)
}

#[tokio::test]
async fn a_service_without_a_route_is_not_asked_about_all_jobs_and_they_say_why_they_wait() {
    for (status, words) in STATUSES {
        let (service, world, images) = without_route(status).await;
        let trial = Duration::from_hours(1);
        let settings = Settings { trial_base: trial, trial_cap: trial, ..World::settings() };
        let _dispatcher = world.start_with(settings);
        let job = world.until(images[19], Waiting).await;
        let hold = job.held_by_model.unwrap();
        assert_eq!((hold.kind, hold.message.as_str()), (Kind::NotReady, words));
        assert_eq!((job.attempts, job.failures), (0, 0));
        assert!(service.calls().len() <= 4);
    }
}

#[tokio::test]
async fn jobs_outlast_a_service_without_a_route_and_lose_nothing() {
    for (status, _) in STATUSES {
        let (service, world, images) = without_route(status).await;
        let _dispatcher = world.start();
        // All slots at first, and then trials, one at a time.
        service.until_called(4 + 3).await;
        service.usually(reply(200, GOOD));
        for image in images {
            assert_eq!(world.until(image, Succeeded).await.failures, 0, "{status}");
        }
    }
}

#[tokio::test]
async fn another_endpoint_does_the_work_of_one_without_a_route() {
    let services = [FakeService::start(Takes::Multipart), FakeService::start(Takes::Multipart)];
    services[0].usually(reply(404, "404 page not found"));
    let mut world = World::with_wood(&[&services[0], &services[1]]);
    world.wood().max_attempts = Some(1);
    let mut images = Vec::new();
    for seed in 0..20 {
        images.push(world.ask(seed).await);
    }
    let _dispatcher = world.start();
    for image in images {
        let job = world.until(image, Succeeded).await;
        assert_eq!((job.attempts, job.failures), (1, 0));
    }
    assert!(!services[0].calls().is_empty());
}

#[tokio::test]
async fn a_service_that_wants_other_fields_holds_the_model_and_names_them() {
    let service = FakeService::start(Takes::Filename);
    let mut world = World::with_wood(&[&service]);
    world.wood().protocol = Some(photo_config::Protocol::Multipart);
    let image = world.ask(1).await;
    let _dispatcher = world.start();
    let job = world.until(image, Waiting).await;
    let error = job.error.or(job.held_by_model).unwrap();
    assert!(error.message.ends_with("(422): query.filename: field required"), "{error}");
    assert_eq!(job.failures, 0);
}

#[tokio::test]
async fn a_photo_that_alone_gets_such_an_answer_does_not_hold_its_model_for_ever() {
    let service = FakeService::start(Takes::Multipart);
    let mut world = World::with_wood(&[&service]);
    world.wood().max_attempts = Some(1);
    world.wood().concurrency = Some(1);
    let odd = world.photo(1).await;
    service.about(odd, reply(404, r#"{"detail": "no face in the photo"}"#));
    world.submit(odd, "wood").await;
    let _dispatcher = world.start();
    world.until(odd, Waiting).await;
    let mut seed = 1;
    let job = loop {
        seed += 1;
        let even = world.ask(seed).await;
        assert_eq!(world.until(even, Succeeded).await.failures, 0);
        // It is due again.
        world.clock.advance(Duration::from_secs(1));
        let job = world.job(odd, "wood").await;
        if job.state == Failed {
            break job;
        }
    };
    let error = job.error.unwrap();
    assert_eq!((error.kind, error.http_status), (Kind::Refused, Some(404)));
    assert!(error.message.ends_with("no face in the photo"), "{error}");
}
