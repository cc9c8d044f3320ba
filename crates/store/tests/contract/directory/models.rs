//! Models and their services, as they announced themselves.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use photo_core::job::{AnnouncedEndpoint, Announcement, KnownEndpoint, KnownModel};
use serde_json::json;

use crate::contract::Harness;
use crate::contract::scene::{Scene, error, model};

const LIFETIME: Duration = Duration::from_secs(45);

const SOMEBODY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7));

async fn announce<H: Harness>(scene: &Scene<H>, model_name: &str, url: &str) -> bool {
    announce_from(scene, model_name, url, Some(SOMEBODY)).await
}

async fn announce_from<H: Harness>(
    scene: &Scene<H>,
    model_name: &str,
    url: &str,
    from: Option<IpAddr>,
) -> bool {
    let (model, url) = (model(model_name), url.to_owned());
    let announcement = Announcement { model, url, lifetime: LIFETIME, from };
    scene.store.announce(&announcement).await.unwrap()
}

/// The models that are known, without the times.
async fn known<H: Harness>(scene: &Scene<H>) -> Vec<KnownModel> {
    let mut models = scene.store.models().await.unwrap();
    for endpoint in models.iter_mut().flat_map(|model| &mut model.endpoints) {
        endpoint.since = None;
    }
    models
}

fn plain(model_name: &str, endpoints: &[&str]) -> KnownModel {
    KnownModel {
        name: model(model_name),
        endpoints: endpoints.iter().map(|url| endpoint(url)).collect(),
        classes: None,
        hold: None,
        forgotten: false,
    }
}

fn endpoint(url: &str) -> KnownEndpoint {
    KnownEndpoint { url: url.to_owned(), from: Some(SOMEBODY), since: None }
}

pub async fn nothing_is_known_at_first<H: Harness>() {
    let scene = Scene::<H>::start().await;
    assert_eq!(known(&scene).await, []);
    scene.store.ping().await.unwrap();
}

pub async fn an_announced_endpoint_is_known<H: Harness>() {
    let scene = Scene::<H>::start().await;
    assert!(announce(&scene, "m", "http://host:1").await);
    assert_eq!(known(&scene).await, [plain("m", &["http://host:1"])]);
}

pub async fn an_announcement_repeated_is_no_news<H: Harness>() {
    let scene = Scene::<H>::start().await;
    assert!(announce(&scene, "m", "http://host:1").await);
    assert!(!announce(&scene, "m", "http://host:1").await);
    assert_eq!(known(&scene).await, [plain("m", &["http://host:1"])]);
    // Another model may live at the same address.
    assert!(announce(&scene, "n", "http://host:1").await);
}

pub async fn an_endpoint_is_gone_after_its_lifetime<H: Harness>() {
    let scene = Scene::<H>::start().await;
    announce(&scene, "m", "http://host:1").await;
    scene.advance(LIFETIME / 2);
    announce(&scene, "m", "http://host:2").await;
    scene.advance(LIFETIME / 2);
    assert_eq!(known(&scene).await, [plain("m", &["http://host:2"])]);
    assert!(announce(&scene, "m", "http://host:1").await, "it came back");
}

pub async fn a_repeated_announcement_keeps_an_endpoint_alive<H: Harness>() {
    let scene = Scene::<H>::start().await;
    announce(&scene, "m", "http://host:1").await;
    for _ in 0..3 {
        scene.advance(Duration::from_secs(30));
        assert!(!announce(&scene, "m", "http://host:1").await);
    }
    assert_eq!(known(&scene).await, [plain("m", &["http://host:1"])]);
}

pub async fn a_model_stays_known_after_its_endpoints_have_gone<H: Harness>() {
    let scene = Scene::<H>::start().await;
    announce(&scene, "m", "http://host:1").await;
    scene.advance(LIFETIME);
    assert_eq!(known(&scene).await, [plain("m", &[])]);
    scene.store.tick().await.unwrap();
    assert_eq!(known(&scene).await, [plain("m", &[])]);
}

async fn renew<H: Harness>(scene: &Scene<H>, model_name: &str, url: &str, lifetime: Duration) {
    let (model, url) = (model(model_name), url.to_owned());
    let renewal = Announcement { model, url, lifetime, from: None };
    scene.store.renew(&[renewal]).await.unwrap();
}

/// The remembered endpoints, each with the seconds that it has left.
async fn remembered<H: Harness>(scene: &Scene<H>) -> Vec<(String, String, i64)> {
    let endpoints = scene.store.announced().await.unwrap();
    let seconds = |AnnouncedEndpoint { model, url, left_ms }| {
        // A second may pass between two looks.
        (model.to_string(), url, (left_ms + 999).div_euclid(1000))
    };
    endpoints.into_iter().map(seconds).collect()
}

pub async fn an_endpoint_that_is_renewed_is_alive_again_though_it_was_gone<H: Harness>() {
    let scene = Scene::<H>::start().await;
    announce(&scene, "m", "http://host:1").await;
    announce(&scene, "b", "http://host:2").await;
    // A shorter time takes nothing away.
    renew(&scene, "m", "http://host:1", Duration::from_secs(10)).await;
    let [b, m] = &remembered(&scene).await[..] else { panic!("two are remembered") };
    assert_eq!((&*b.0, &*b.1, &*m.0, &*m.1), ("b", "http://host:2", "m", "http://host:1"));
    assert!((30..=45).contains(&m.2), "{m:?}");

    scene.advance(LIFETIME * 2);
    assert_eq!(known(&scene).await, [plain("b", &[]), plain("m", &[])]);
    assert!(remembered(&scene).await.iter().all(|it| (-60..=-40).contains(&it.2)));
    renew(&scene, "m", "http://host:1", LIFETIME).await;
    assert_eq!(known(&scene).await, [plain("b", &[]), plain("m", &["http://host:1"])]);
    assert!(!announce(&scene, "m", "http://host:1").await, "it is no news");
}

pub async fn an_endpoint_that_is_not_remembered_is_not_renewed<H: Harness>() {
    let scene = Scene::<H>::start().await;
    renew(&scene, "m", "http://host:1", LIFETIME).await;
    assert_eq!((known(&scene).await, remembered(&scene).await), (vec![], vec![]));
    announce(&scene, "m", "http://host:1").await;
    renew(&scene, "m", "http://host:2", LIFETIME).await;
    renew(&scene, "n", "http://host:1", LIFETIME).await;
    assert_eq!(known(&scene).await, [plain("m", &["http://host:1"])]);
}

pub async fn an_endpoint_is_forgotten_a_day_after_it_was_gone<H: Harness>() {
    let scene = Scene::<H>::start().await;
    announce(&scene, "m", "http://host:1").await;
    scene.advance(LIFETIME + Announcement::REMEMBERED);
    assert_eq!(remembered(&scene).await, []);
    announce(&scene, "m", "http://host:2").await;
    renew(&scene, "m", "http://host:1", LIFETIME).await;
    assert_eq!(known(&scene).await, [plain("m", &["http://host:2"])]);
}

pub async fn of_too_many_endpoints_the_first_to_go_are_forgotten<H: Harness>() {
    let scene = Scene::<H>::start().await;
    announce(&scene, "m", "http://first:1").await;
    scene.advance(Duration::from_secs(1));
    for port in 1..=Announcement::MOST_REMEMBERED {
        announce(&scene, "m", &format!("http://host:{port}")).await;
    }
    let remembered = remembered(&scene).await;
    assert_eq!(remembered.len(), Announcement::MOST_REMEMBERED as usize);
    assert!(remembered.iter().all(|it| it.1 != "http://first:1"));
}

pub async fn a_model_may_have_several_endpoints<H: Harness>() {
    let scene = Scene::<H>::start().await;
    for host in ["c", "a", "b"] {
        assert!(announce(&scene, "m", &format!("http://{host}:1")).await);
    }
    let endpoints = ["http://a:1", "http://b:1", "http://c:1"];
    assert_eq!(known(&scene).await, [plain("m", &endpoints)]);
}

pub async fn what_a_model_can_say_is_kept<H: Harness>() {
    let scene = Scene::<H>::start().await;
    for classes in [json!(["isGreen", "isRed"]), json!(["é \"\\", 1, null, {"a": 1.5}])] {
        scene.store.describe(&model("m"), &classes).await.unwrap();
        let expected = KnownModel { classes: Some(classes), ..plain("m", &[]) };
        assert_eq!(known(&scene).await, [expected]);
    }
    announce(&scene, "m", "http://host:1").await;
    assert!(known(&scene).await[0].classes.is_some());
}

pub async fn models_come_by_name<H: Harness>() {
    let scene = Scene::<H>::start().await;
    announce(&scene, "b", "http://host:1").await;
    scene.store.describe(&model("C"), &json!([])).await.unwrap();
    scene.store.hold(&model("a"), Some(&error("down")), LIFETIME).await.unwrap();
    let names: Vec<_> = known(&scene).await.into_iter().map(|known| known.name).collect();
    assert_eq!(names, ["C", "a", "b"].map(model));
}

pub async fn a_held_model_is_known_with_its_reason<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.store.hold(&model("m"), Some(&error("down")), LIFETIME).await.unwrap();
    let expected = KnownModel { hold: Some(error("down")), ..plain("m", &[]) };
    assert_eq!(known(&scene).await, [expected]);
    scene.advance(LIFETIME);
    assert_eq!(known(&scene).await, [plain("m", &[])]);
}

pub async fn who_announced_an_endpoint_and_when_is_kept_until_it_is_gone<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let origin = async || {
        let mut models = scene.store.models().await.unwrap();
        let endpoint = models.remove(0).endpoints.remove(0);
        (endpoint.from, endpoint.since.unwrap())
    };
    let [first, other] = ["10.0.0.7", "fd00::7"].map(|it| it.parse::<IpAddr>().unwrap());
    announce_from(&scene, "m", "http://host:1", Some(first)).await;
    let (from, since) = origin().await;
    assert_eq!(from, Some(first));

    scene.advance(LIFETIME / 2);
    announce_from(&scene, "m", "http://host:1", Some(other)).await;
    assert_eq!(origin().await, (Some(first), since), "it was there already");

    scene.advance(LIFETIME);
    announce_from(&scene, "m", "http://host:1", Some(other)).await;
    let (from, later) = origin().await;
    assert_eq!(from, Some(other));
    assert!(later > since);

    scene.advance(LIFETIME);
    announce_from(&scene, "m", "http://host:1", None).await;
    assert_eq!(origin().await.0, None);
}
