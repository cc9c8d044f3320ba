//! Connections that end early, are closed in the moment of their reuse, or lead elsewhere by now.

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use photo_config::Protocol;
use photo_core::JobErrorKind as Kind;
use photo_core::JobState::{Failed, Succeeded, Waiting};
use photo_dispatcher::Settings;
use photo_dispatcher::http::{HttpSettings, Resolve, Resolver};
use tokio::net::TcpListener;

use crate::raw_service::{RawService, Turn, good, http};
use crate::world::{World, eventually};

/// More than any buffer between two programs holds.
const LARGE_PHOTO: usize = 12 << 20;

/// A world whose one model is at this address.
fn world_at(url: &str) -> World {
    let mut world = World::with_wood(&[]);
    world.wood().url = Some(url.parse().unwrap());
    world.wood().protocol = Some(Protocol::Multipart);
    world.wood().max_attempts = Some(1);
    world
}

/// A service that answers before it has read the photo, and closes.
async fn hasty(status: &'static str, headers: &'static str) -> RawService {
    let body = r#"{"detail": "said before reading"}"#;
    let answer = http(status, &format!("connection: close\r\n{headers}"), body);
    RawService::start(move |_| Turn::EarlyAnswer(answer.clone())).await
}

#[tokio::test]
async fn a_service_that_is_busy_before_it_has_read_the_photo_is_waited_for() {
    for (status, kind) in [
        ("503 Service Unavailable", Kind::NotReady),
        ("429 Too Many Requests", Kind::Overloaded),
        ("401 Unauthorized", Kind::NotReady),
    ] {
        let service = hasty(status, "retry-after: 3600\r\n").await;
        let world = world_at(&service.url);
        let image = world.photo_of(1, LARGE_PHOTO).await;
        world.submit(image, "wood").await;
        let _dispatcher = world.start();
        let job = world.until(image, Waiting).await;
        let error = job.error.or(job.held_by_model).unwrap();
        assert_eq!((error.kind, job.failures), (kind, 0), "{status}: {error}");
        assert!(error.message.contains("said before reading"), "{error}");
        assert_eq!(service.calls(), 1);
    }
}

#[tokio::test]
async fn a_refusal_before_the_photo_is_read_is_a_refusal_in_the_services_words() {
    for status in ["413 Content Too Large", "400 Bad Request", "422 Unprocessable Content"] {
        let service = hasty(status, "").await;
        let world = world_at(&service.url);
        let image = world.photo_of(1, LARGE_PHOTO).await;
        world.submit(image, "wood").await;
        let _dispatcher = world.start();
        let job = world.until(image, Failed).await;
        let error = job.error.unwrap();
        assert_eq!((error.kind, error.message.as_str()), (Kind::Refused, "said before reading"));
        assert_eq!((job.attempts, service.calls()), (1, 1));
    }
}

#[tokio::test]
async fn an_early_answer_that_leaves_the_connection_open_is_read_and_the_rest_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let world = world_at(&format!("http://{}", listener.local_addr().unwrap()));
    let image = world.photo_of(1, LARGE_PHOTO).await;
    world.submit(image, "wood").await;
    let _dispatcher = world.start();
    let (mut peer, _) = listener.accept().await.unwrap();
    // Nothing of the photo is read, ever.
    let answer = http("413 Content Too Large", "", r#"{"detail": "too large"}"#);
    tokio::io::AsyncWriteExt::write_all(&mut peer, answer.as_bytes()).await.unwrap();
    let error = world.until(image, Failed).await.error.unwrap();
    assert_eq!((error.http_status, error.message.as_str()), (Some(413), "too large"));
}

#[tokio::test]
async fn a_kept_connection_that_is_closed_when_used_again_costs_nothing() {
    // Every connection carries one request and is closed under the second.
    let service =
        RawService::start(|seen| if seen.on_connection > 0 { Turn::HangUp } else { good() }).await;
    let mut world = world_at(&service.url);
    world.wood().concurrency = Some(1);
    let mut images = Vec::new();
    for seed in 0..10 {
        images.push(world.ask(seed).await);
    }
    let _dispatcher = world.start();
    for image in images {
        let job = world.until(image, Succeeded).await;
        assert_eq!((job.attempts, job.failures), (1, 0));
    }
}

#[tokio::test]
async fn a_service_that_is_tired_of_waiting_for_a_request_did_not_mean_the_next() {
    let tired = http("408 Request Timeout", "connection: close\r\n", "");
    let service = RawService::start(move |seen| {
        if seen.on_connection > 0 { Turn::EarlyAnswer(tired.clone()) } else { good() }
    })
    .await;
    let mut world = world_at(&service.url);
    world.wood().concurrency = Some(1);
    let images = [world.ask(1).await, world.ask(2).await, world.ask(3).await];
    let _dispatcher = world.start();
    for image in images {
        assert_eq!(world.until(image, Succeeded).await.failures, 0);
    }
}

#[tokio::test]
async fn a_photo_that_a_service_dies_of_is_sent_once_more_and_then_counts() {
    // The first photo is well; whatever comes then is hung up on.
    let service =
        RawService::start(|seen| if seen.before > 0 { Turn::HangUp } else { good() }).await;
    let mut world = world_at(&service.url);
    world.wood().concurrency = Some(1);
    let well = world.ask(1).await;
    let _dispatcher = world.start();
    world.until(well, Succeeded).await;
    let poison = world.ask(2).await;
    let job = world.until(poison, Failed).await;
    assert_eq!((job.attempts, job.error.unwrap().kind), (1, Kind::ServerError));
    // The kept connection, and a new one.
    assert_eq!(service.calls(), 3);
    // A new connection that fails is no reason to try again.
    let another = world.ask(3).await;
    world.until(another, Failed).await;
    assert_eq!(service.calls(), 4);
}

/// Leads every name to the same addresses, which a test may change.
#[derive(Debug, Clone, Default)]
struct Names(Arc<Mutex<Vec<SocketAddr>>>);

impl Names {
    fn lead_to(&self, services: &[&RawService]) {
        *self.0.lock().unwrap() = services.iter().map(|service| service.address).collect();
    }

    /// Settings with which a name is looked up all the time, and `age` is a connection's.
    fn settings(&self, age: Duration) -> Settings {
        let http = HttpSettings {
            lookup: Duration::from_millis(1),
            age,
            resolver: Resolver::new(self.clone()),
            ..HttpSettings::default()
        };
        Settings { http, ..World::settings() }
    }
}

impl Resolve for Names {
    fn resolve(&self, _: String, _: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
        let found = self.0.lock().unwrap().clone();
        async move { Ok(found) }.boxed()
    }
}

async fn two_services() -> [RawService; 2] {
    [RawService::start(|_| good()).await, RawService::start(|_| good()).await]
}

/// Asks about photos until this is so.
async fn ask_until(world: &World, what: &str, is_so: impl Fn() -> bool) {
    let seed = std::sync::atomic::AtomicUsize::new(100);
    eventually(what, async || {
        let image = world.ask(seed.fetch_add(1, std::sync::atomic::Ordering::SeqCst)).await;
        assert_eq!(world.until(image, Succeeded).await.failures, 0);
        is_so().then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_addresses_behind_a_name_share_its_work() {
    let services = two_services().await;
    let names = Names::default();
    names.lead_to(&[&services[0], &services[1]]);
    let mut world = world_at("http://wood.test:1");
    world.wood().concurrency = Some(2);
    let mut images = Vec::new();
    for seed in 0..40 {
        images.push(world.ask(seed).await);
    }
    let _dispatcher = world.start_with(names.settings(Duration::from_mins(1)));
    for image in images {
        assert_eq!(world.until(image, Succeeded).await.failures, 0);
    }
    assert!(services.iter().all(|it| it.calls() >= 10), "{:?}", services.map(|it| it.calls()));
}

#[tokio::test]
async fn an_address_that_is_new_behind_a_name_gets_work_and_one_that_is_gone_none() {
    let services = two_services().await;
    let names = Names::default();
    names.lead_to(&[&services[0]]);
    let world = world_at("http://wood.test:1");
    let _dispatcher = world.start_with(names.settings(Duration::from_mins(1)));
    ask_until(&world, "the first has work", || services[0].calls() > 0).await;
    names.lead_to(&[&services[0], &services[1]]);
    ask_until(&world, "the second has work too", || services[1].calls() > 0).await;
    names.lead_to(&[&services[1]]);
    let before = Cell::new((usize::MAX, usize::MAX));
    ask_until(&world, "only the second has work", || {
        let now = (services[0].calls(), services[1].calls());
        let before = before.replace(now);
        now.0 == before.0 && now.1 > before.1
    })
    .await;
}

#[tokio::test]
async fn an_address_that_nobody_listens_at_costs_nothing_where_there_is_another() {
    let services = two_services().await;
    let names = Names::default();
    names.lead_to(&[&services[0], &services[1]]);
    let [gone, there] = services;
    drop(gone);
    let world = world_at("http://wood.test:1");
    let mut images = Vec::new();
    for seed in 0..10 {
        images.push(world.ask(seed).await);
    }
    let _dispatcher = world.start_with(names.settings(Duration::from_mins(1)));
    for image in images {
        let job = world.until(image, Succeeded).await;
        assert_eq!((job.attempts, job.failures), (1, 0));
    }
    assert_eq!(there.calls(), 10);
}

#[tokio::test]
async fn a_connection_is_not_kept_for_as_long_as_there_is_work() {
    let service = RawService::start(|_| good()).await;
    let names = Names::default();
    names.lead_to(&[&service]);
    let mut world = world_at("http://wood.test:1");
    world.wood().concurrency = Some(1);
    let _dispatcher = world.start_with(names.settings(Duration::from_millis(20)));
    ask_until(&world, "there were several connections", || service.connections() >= 3).await;
}

#[tokio::test]
async fn a_name_that_leads_nowhere_makes_jobs_wait_until_it_leads_somewhere() {
    let service = RawService::start(|_| good()).await;
    let names = Names::default();
    let world = world_at("http://wood.test:1");
    let image = world.ask(1).await;
    let _dispatcher = world.start_with(names.settings(Duration::from_mins(1)));
    let job = world.until(image, Waiting).await;
    let error = job.error.or(job.held_by_model).unwrap();
    assert_eq!(error.kind, Kind::Unreachable);
    assert!(error.message.contains("wood.test has no address"), "{error}");
    names.lead_to(&[&service]);
    assert_eq!(world.until(image, Succeeded).await.failures, 0);
}
