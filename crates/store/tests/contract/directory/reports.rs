//! What dispatchers say of themselves.

use std::time::Duration;

use photo_core::UnixMillis;
use photo_core::job::{DispatcherId, DispatcherReport, EndpointReport, EndpointState};

use crate::contract::Harness;
use crate::contract::scene::{Scene, model};

const LIFETIME: Duration = Duration::from_secs(10);

fn report(host: &str) -> DispatcherReport {
    DispatcherReport {
        id: DispatcherId::random(),
        host: host.to_owned(),
        pid: 7,
        version: "1.2.3".to_owned(),
        started_at: UnixMillis(1_700_000_000_123),
        in_flight: 3,
        stopping: false,
        endpoints: Vec::new(),
    }
}

async fn hosts<H: Harness>(scene: &Scene<H>) -> Vec<String> {
    let living = scene.store.dispatchers().await.unwrap();
    living.into_iter().map(|dispatcher| dispatcher.report.host).collect()
}

pub async fn a_dispatcher_is_seen_with_what_it_says<H: Harness>() {
    let scene = Scene::<H>::start().await;
    assert_eq!(scene.store.dispatchers().await.unwrap(), []);
    let endpoint = |url: &str, state, reason: Option<&str>| EndpointReport {
        model: model("m"),
        url: url.to_owned(),
        state,
        since: reason.map(|_| UnixMillis(1_700_000_000_456)),
        reason: reason.map(str::to_owned),
        in_flight: 2,
        untried: false,
    };
    let endpoints = vec![
        endpoint("http://a:1", EndpointState::Up, None),
        endpoint("http://b:1", EndpointState::Down, Some("no \"connection\"\u{0}")),
        endpoint("http://c:1", EndpointState::Resting, Some("500")),
    ];
    let said = DispatcherReport { stopping: true, endpoints, ..report("a") };
    scene.store.report(&said, LIFETIME).await.unwrap();
    let first = scene.store.dispatchers().await.unwrap().remove(0);
    assert_eq!(first.report, said);

    scene.advance(Duration::from_secs(2));
    let said = DispatcherReport { in_flight: 4, ..said };
    scene.store.report(&said, LIFETIME).await.unwrap();
    let living = scene.store.dispatchers().await.unwrap();
    assert_eq!(living.len(), 1);
    assert_eq!(living[0].report, said, "its last word counts");
    assert!(living[0].seen_at.0 >= first.seen_at.0 + 2_000);
}

pub async fn a_dispatcher_that_falls_silent_is_gone<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let (silent, living) = (report("silent"), report("living"));
    scene.store.report(&silent, LIFETIME).await.unwrap();
    scene.store.report(&living, LIFETIME).await.unwrap();
    scene.advance(Duration::from_secs(6));
    scene.store.report(&living, LIFETIME).await.unwrap();
    assert_eq!(hosts(&scene).await, ["living", "silent"]);
    scene.advance(Duration::from_secs(4));
    assert_eq!(hosts(&scene).await, ["living"]);
    scene.advance(Duration::from_secs(6));
    assert_eq!(hosts(&scene).await, Vec::<String>::new());
}

pub async fn a_shorter_lifetime_does_not_shorten_another<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.store.report(&report("long"), LIFETIME * 2).await.unwrap();
    scene.store.report(&report("short"), LIFETIME).await.unwrap();
    scene.advance(LIFETIME);
    assert_eq!(hosts(&scene).await, ["long"]);
}

pub async fn a_dispatcher_that_says_so_is_gone_at_once<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let (leaving, staying) = (report("leaving"), report("staying"));
    for said in [&leaving, &staying] {
        scene.store.report(said, LIFETIME).await.unwrap();
    }
    scene.store.report(&leaving, Duration::ZERO).await.unwrap();
    assert_eq!(hosts(&scene).await, ["staying"]);
    scene.store.report(&leaving, Duration::ZERO).await.unwrap();
    scene.store.report(&staying, Duration::ZERO).await.unwrap();
    assert_eq!(hosts(&scene).await, Vec::<String>::new());
}

pub async fn dispatchers_come_by_host<H: Harness>() {
    let scene = Scene::<H>::start().await;
    for host in ["b", "c", "a"] {
        scene.store.report(&report(host), LIFETIME).await.unwrap();
    }
    assert_eq!(hosts(&scene).await, ["a", "b", "c"]);
}
