//! What a dispatcher says of itself.

use photo_core::JobState;
use photo_core::job::{DispatcherReport, EndpointState};

use crate::fake_service::{FakeService, Takes, reply};
use crate::world::{Running, World, eventually};

/// What the only dispatcher says, once it is like this.
async fn said(
    world: &World,
    what: &str,
    is_so: impl Fn(&DispatcherReport) -> bool,
) -> DispatcherReport {
    eventually(what, async || {
        let mut living = world.living().await;
        assert!(living.len() <= 1, "{living:?}");
        living.pop().filter(|report| is_so(report))
    })
    .await
}

/// The same about its only endpoint.
async fn until_endpoint_is(world: &World, state: EndpointState) -> DispatcherReport {
    said(world, &format!("the endpoint {state:?}"), |report| report.endpoints[0].state == state)
        .await
}

#[tokio::test]
async fn a_dispatcher_says_who_it_is_and_what_it_has() {
    let service = FakeService::start(Takes::Multipart);
    let world = World::with_wood(&[&service]);
    service.set_open(false);
    let dispatcher: Running = world.start();
    let image = world.ask(1).await;
    let report = said(&world, "one job in flight", |report| {
        report.in_flight == 1 && report.endpoints[0].in_flight == 1
    })
    .await;
    assert_eq!(report.pid, std::process::id());
    assert!(!report.host.is_empty());
    assert_eq!(report.version, env!("CARGO_PKG_VERSION"));
    assert!(!report.stopping);
    let endpoint = &report.endpoints[0];
    assert_eq!((endpoint.model.as_str(), &endpoint.url), ("wood", &service.url));
    assert_eq!((endpoint.state, endpoint.since), (EndpointState::Up, None));

    service.set_open(true);
    world.until(image, JobState::Succeeded).await;
    let later = said(&world, "nothing in flight", |report| report.in_flight == 0).await;
    assert_eq!((later.id, later.started_at), (report.id, report.started_at));
    dispatcher.stop().await;
}

#[tokio::test]
async fn an_endpoint_that_is_away_is_told_with_its_reason_until_it_is_back() {
    let service = FakeService::start(Takes::Multipart);
    let world = World::with_wood(&[&service]);
    service.usually(reply(503, r#"{"status": "failure", "detail": "still loading"}"#));
    service.status(reply(503, r#"{"status": "failure"}"#));
    let _dispatcher = world.start();
    world.ask(1).await;
    let down = until_endpoint_is(&world, EndpointState::Down).await.endpoints.remove(0);
    assert!(down.reason.is_some_and(|reason| !reason.is_empty()));
    assert!(down.since.is_some());

    service.usually(reply(200, crate::fake_service::GOOD));
    service.status(reply(200, r#"{"status": "success"}"#));
    let up = until_endpoint_is(&world, EndpointState::Up).await.endpoints.remove(0);
    assert_eq!((up.reason, up.since), (None, None));
}

#[tokio::test]
async fn an_endpoint_that_only_fails_is_told_as_resting() {
    let service = FakeService::start(Takes::Multipart);
    let mut world = World::with_wood(&[&service]);
    world.wood().max_attempts = Some(1);
    service.usually(reply(500, "Internal Server Error"));
    service.status(reply(503, r#"{"status": "failure"}"#));
    let _dispatcher = world.start();
    for seed in 1..=5 {
        world.ask(seed).await;
    }
    until_endpoint_is(&world, EndpointState::Resting).await;
}

#[tokio::test]
async fn a_dispatcher_that_stops_says_so_and_then_is_gone() {
    let service = FakeService::start(Takes::Multipart);
    let world = World::with_wood(&[&service]);
    service.set_open(false);
    let mut dispatcher = world.start();
    world.ask(1).await;
    service.until_in_flight(1).await;
    dispatcher.tell_to_stop();
    said(&world, "a dispatcher that stops", |report| report.stopping).await;
    service.set_open(true);
    dispatcher.ended().await;
    assert_eq!(world.living().await, []);
}

#[tokio::test]
async fn two_dispatchers_are_two() {
    let service = FakeService::start(Takes::Multipart);
    let world = World::with_wood(&[&service]);
    let (one, _other) = (world.start(), world.start());
    eventually("two dispatchers", async || (world.living().await.len() == 2).then_some(())).await;
    one.stop().await;
    eventually("one dispatcher", async || (world.living().await.len() == 1).then_some(())).await;
}
