//! Services that announced themselves, and models that were forgotten.

use std::time::Duration;

use photo_core::JobState;
use photo_core::job::{Announcement, ForgetModel, KnownModel};
use photo_core::ports::JobStore;

use crate::fake_service::{FakeService, Takes};
use crate::world::{World, eventually, name};

async fn announce(world: &World, model: &str, url: &str) {
    let announcement = Announcement {
        model: name(model),
        url: url.to_owned(),
        lifetime: Duration::from_mins(10),
        from: None,
    };
    world.store.announce(&announcement).await.unwrap();
}

/// The endpoints that the only dispatcher has of a model, once there are so many.
async fn until_endpoints_are(world: &World, model: &str, count: usize) -> Vec<String> {
    eventually(&format!("{count} endpoints of {model}"), async || {
        let report = world.living().await.pop()?;
        let of_model = report.endpoints.into_iter().filter(|it| it.model == name(model));
        let urls: Vec<String> = of_model.map(|endpoint| endpoint.url).collect();
        (urls.len() == count).then_some(urls)
    })
    .await
}

#[tokio::test]
async fn a_configured_model_is_joined_by_nobody_unless_it_says_so() {
    let (own, other) = (FakeService::start(Takes::Multipart), FakeService::start(Takes::Multipart));
    let mut world = World::with_wood(&[&own]);
    world.model("stone", &[&own]).announce = Some(true);
    for model in ["wood", "stone"] {
        announce(&world, model, &other.url).await;
    }
    let _dispatcher = world.start();
    // With the one the other was looked at too.
    until_endpoints_are(&world, "stone", 2).await;
    assert_eq!(until_endpoints_are(&world, "wood", 1).await, std::slice::from_ref(&own.url));
    world.config.models.remove(&name("stone"));
    for seed in 0..4 {
        let image = world.ask(seed).await;
        world.until(image, JobState::Succeeded).await;
    }
    assert_eq!((own.calls().len(), other.calls().len()), (4, 0));
}

#[tokio::test]
async fn nobody_is_called_where_machines_are_told_their_secrets() {
    let world = World::new();
    // By an api that took it, as earlier ones did.
    for url in ["http://169.254.169.254:80", "http://[fe80::1]:80", "http://127.0.0.1:1"] {
        announce(&world, "stone", url).await;
    }
    let _dispatcher = world.start();
    assert_eq!(until_endpoints_are(&world, "stone", 1).await, ["http://127.0.0.1:1"]);
}

#[tokio::test]
async fn a_model_that_was_forgotten_is_not_spoken_of_any_more() {
    let world = World::new();
    announce(&world, "stone", "http://127.0.0.1:1").await;
    let _dispatcher = world.start();
    until_endpoints_are(&world, "stone", 1).await;
    assert_eq!(world.store.forget_model(&name("stone")).await.unwrap(), ForgetModel::Forgotten);
    until_endpoints_are(&world, "stone", 0).await;
    let models = world.store.models().await.unwrap();
    assert_eq!(models, [KnownModel::forgotten(name("stone"))]);

    // It may come back.
    announce(&world, "stone", "http://127.0.0.1:1").await;
    until_endpoints_are(&world, "stone", 1).await;
}
