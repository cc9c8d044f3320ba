//! Endpoints that go down and come back, and several that share a model's work.

use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use photo_core::JobErrorKind as Kind;
use photo_core::JobState::{Succeeded, Waiting};
use photo_core::ports::JobStore;
use photo_dispatcher::Settings;

use crate::fake_service::{FakeService, Reply, Takes, reply};
use crate::world::{World, eventually};

const LOADING: &str = r#"{"status": "failure", "detail": "Model is not ready."}"#;

#[tokio::test]
async fn jobs_of_a_service_that_is_not_ready_wait_and_are_done_when_it_is() {
    let service = FakeService::start(Takes::Multipart);
    service.usually(reply(503, LOADING));
    service.status(reply(503, LOADING));
    let mut world = World::with_wood(&[&service]);
    world.wood().concurrency = Some(1);
    world.wood().max_attempts = Some(1);
    let first = world.ask(1).await;
    let _dispatcher = world.start();
    service.until_called(1).await;
    // Never claimed, these wait because the store was told why.
    let parked = [world.ask(2).await, world.ask(3).await];
    for image in parked {
        let job = world.until(image, Waiting).await;
        let hold = job.held_by_model.unwrap();
        assert_eq!((hold.kind, hold.message.as_str()), (Kind::NotReady, "Model is not ready."));
        assert_eq!((job.attempts, job.failures), (0, 0));
    }

    service.usually(reply(200, r#"{"result": 1}"#));
    service.status(reply(200, r#"{"status": "success"}"#));
    for image in [first, parked[0], parked[1]] {
        assert_eq!(world.until(image, Succeeded).await.failures, 0);
    }
    eventually("the hold is lifted", async || {
        let known = world.store.models().await.unwrap().pop().unwrap();
        known.hold.is_none().then_some(())
    })
    .await;
}

#[tokio::test]
async fn jobs_of_a_service_that_is_not_there_wait_until_it_is() {
    // Bound and not listening: nobody else gets the port, and connections are refused.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = socket.local_addr().unwrap().port();
    let mut world = World::with_wood(&[]);
    world.wood().port = Some(port);
    world.wood().max_attempts = Some(1);
    world.config.model_defaults.host = "127.0.0.1".to_owned();
    let image = world.ask(1).await;
    let _dispatcher = world.start();
    let job = world.until(image, Waiting).await;
    assert_eq!(job.failures, 0);
    let reason = job.error.or(job.held_by_model).unwrap();
    assert_eq!(reason.kind, Kind::Unreachable);
    assert!(reason.message.starts_with("the service cannot be reached: "), "{reason}");

    let listener: TcpListener = socket.listen(64).unwrap().into_std().unwrap();
    let _service = FakeService::listen(Takes::Multipart, listener);
    assert_eq!(world.until(image, Succeeded).await.failures, 0);
}

#[tokio::test]
async fn a_job_that_met_a_down_endpoint_goes_to_another_at_once() {
    let down = FakeService::start(Takes::Multipart);
    down.usually(reply(503, LOADING));
    down.status(reply(503, LOADING));
    let up = FakeService::start(Takes::Multipart);
    let world = World::with_wood(&[&down, &up]);
    let mut images = Vec::new();
    for seed in 0..8 {
        images.push(world.ask(seed).await);
    }
    let _dispatcher = world.start();
    for image in images {
        let job = world.until(image, Succeeded).await;
        assert_eq!((job.attempts, job.failures), (1, 0));
    }
    assert!(!down.calls().is_empty());
}

#[tokio::test]
async fn two_endpoints_share_the_work() {
    let services = [FakeService::start(Takes::Multipart), FakeService::start(Takes::Multipart)];
    for service in &services {
        service.set_open(false);
    }
    let mut world = World::with_wood(&[&services[0], &services[1]]);
    world.wood().concurrency = Some(4);
    let mut images = Vec::new();
    for seed in 0..8 {
        images.push(world.ask(seed).await);
    }
    let _dispatcher = world.start();
    for service in &services {
        service.until_in_flight(2).await;
    }
    for service in &services {
        service.set_open(true);
    }
    for image in images {
        world.until(image, Succeeded).await;
    }
}

#[tokio::test]
async fn an_overloaded_service_gets_no_requests_for_a_while() {
    let service = FakeService::start(Takes::Multipart);
    service.next([Reply { retry_after: Some("3600"), ..reply(429, "") }]);
    let mut world = World::with_wood(&[&service]);
    world.wood().concurrency = Some(1);
    let first = world.ask(1).await;
    let _dispatcher = world.start();
    world.until(first, Waiting).await;
    let second = world.ask(2).await;
    let job = world.until(second, Waiting).await;
    assert_eq!(job.held_by_model.unwrap().kind, Kind::Overloaded);
    assert_eq!(service.calls().len(), 1);
}

#[tokio::test]
async fn a_service_that_says_when_to_come_back_is_left_alone_until_then() {
    let service = FakeService::start(Takes::Multipart);
    // Its status is good all the while.
    service.next([Reply { retry_after: Some("3600"), ..reply(503, LOADING) }]);
    let mut world = World::with_wood(&[&service]);
    world.wood().concurrency = Some(1);
    let first = world.ask(1).await;
    let _dispatcher = world.start();
    world.until(first, Waiting).await;
    let second = world.ask(2).await;
    let job = world.until(second, Waiting).await;
    assert_eq!(job.held_by_model.unwrap().kind, Kind::NotReady);
    assert_eq!(service.calls().len(), 1);
}

#[tokio::test]
async fn a_service_is_not_asked_for_its_status_sooner_than_it_wants() {
    let service = FakeService::start(Takes::Multipart);
    service.next([reply(503, LOADING)]);
    service.status(Reply { retry_after: Some("1"), ..reply(503, LOADING) });
    let world = World::with_wood(&[&service]);
    world.ask(1).await;
    let _dispatcher = world.start();
    let asked = eventually("asked twice", async || {
        let asked = service.asked();
        (asked.len() >= 2).then_some(asked)
    })
    .await;
    assert!(asked[1].duration_since(asked[0]) >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_service_of_which_only_the_status_is_good_costs_one_claim_per_question() {
    const CONCURRENCY: u32 = 8;
    let service = FakeService::start(Takes::Multipart);
    service.usually(reply(503, LOADING));
    let mut world = World::with_wood(&[&service]);
    world.wood().concurrency = Some(CONCURRENCY);
    let mut images = Vec::new();
    for seed in 0..30 {
        images.push(world.ask(seed).await);
    }
    let _dispatcher = world.start();
    eventually("asked often", async || (service.asked().len() >= 30).then_some(())).await;
    let (claimed, asked) = (world.store.claimed(), service.asked().len());
    // All at once when it is met and when it seems to be back; then there are trials, of which one
    // may be claimed before the other has begun.
    let most = 2 * CONCURRENCY as usize + 2 * asked;
    assert!(claimed <= most, "{claimed} claims, {asked} questions");
    assert!(service.calls().len() <= most);

    service.usually(reply(200, r#"{"result": 1}"#));
    for image in images {
        assert_eq!(world.until(image, Succeeded).await.failures, 0);
    }
}

#[tokio::test]
async fn an_endpoint_that_fails_while_others_work_costs_few_attempts() {
    let services = [(); 3].map(|()| FakeService::start(Takes::Multipart));
    services[0].usually(reply(500, "broken"));
    let mut world = World::with_wood(&[&services[0], &services[1], &services[2]]);
    world.wood().max_attempts = Some(100);
    let mut images = Vec::new();
    for seed in 0..100 {
        images.push(world.ask(seed).await);
    }
    let _dispatcher = world.start();
    for image in images {
        world.until(image, Succeeded).await;
    }
    // Five in a row, or ten if none of the others had answered by then, and those under way.
    let calls = services[0].calls().len();
    assert!((5..=13).contains(&calls), "{calls} calls");
}

#[tokio::test]
async fn an_endpoint_that_hangs_while_others_work_takes_little_of_their_time() {
    let services = [(); 3].map(|()| FakeService::start(Takes::Multipart));
    services[0].set_open(false);
    let mut world = World::with_wood(&[&services[0], &services[1], &services[2]]);
    let timeout = Duration::from_millis(200);
    world.wood().timeout = Some(timeout);
    world.wood().max_attempts = Some(100);
    world.wood().concurrency = Some(3);
    let rest = Duration::from_millis(1);
    let settings =
        Settings { failures_in_a_row: 1, rest_base: rest, rest_cap: rest, ..World::settings() };
    let _dispatcher = world.start_with(settings);
    let seed = AtomicUsize::new(0);
    // Two may have been under way when the first of them failed; then there is one at a time.
    let calls = eventually("it was tried again twice", async || {
        world.ask(seed.fetch_add(1, Ordering::Relaxed)).await;
        let calls = services[0].calls();
        (calls.len() >= 4).then_some(calls)
    })
    .await;
    let between = calls[3].began.duration_since(calls[2].began);
    assert!(between >= 3 * timeout, "a call of {timeout:?} every {between:?}");
}
