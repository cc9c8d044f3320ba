//! Models that nobody wants to hear of any more.

use std::time::Duration;

use photo_core::JobState;
use photo_core::job::{Ack, Announcement, ForgetModel, KnownModel, Requeue};
use serde_json::json;

use crate::contract::Harness;
use crate::contract::scene::{Scene, error, failure, job, model, retry, success};

async fn announce<H: Harness>(scene: &Scene<H>) -> bool {
    let (url, lifetime) = ("http://host:1".to_owned(), Duration::from_hours(1));
    let announcement = Announcement { model: model("m"), url, lifetime, from: None };
    scene.store.announce(&announcement).await.unwrap()
}

async fn forget<H: Harness>(scene: &Scene<H>) -> ForgetModel {
    scene.store.forget_model(&model("m")).await.unwrap()
}

/// Whether the model is among those that are known, that have queues, and that had jobs.
async fn is_known<H: Harness>(scene: &Scene<H>) -> [bool; 3] {
    let known = scene.store.models().await.unwrap();
    let queues = scene.store.queues(None).await.unwrap();
    let stats = scene.store.stats(None).await.unwrap();
    [
        known.iter().any(|it| it.name == model("m") && !it.forgotten),
        queues.iter().any(|it| it.stats.model == model("m")),
        stats.iter().any(|it| it.model == model("m")),
    ]
}

pub async fn a_model_without_jobs_is_forgotten_and_that_is_told_for_a_while<H: Harness>() {
    let scene = Scene::<H>::start().await;
    announce(&scene).await;
    scene.store.describe(&model("m"), &json!(["cat"])).await.unwrap();
    assert_eq!(is_known(&scene).await, [true, true, false]);
    assert_eq!(forget(&scene).await, ForgetModel::Forgotten);
    assert_eq!(is_known(&scene).await, [false; 3]);
    let told = [KnownModel::forgotten(model("m"))];
    assert_eq!(scene.store.models().await.unwrap(), told);
    scene.advance(KnownModel::FORGOTTEN_FOR);
    assert_eq!(scene.store.models().await.unwrap(), []);
}

pub async fn a_model_that_nobody_knows_is_not_forgotten<H: Harness>() {
    let scene = Scene::<H>::start().await;
    assert_eq!(forget(&scene).await, ForgetModel::Unknown);
    announce(&scene).await;
    assert_eq!(forget(&scene).await, ForgetModel::Forgotten);
    assert_eq!(forget(&scene).await, ForgetModel::Unknown);
}

pub async fn a_model_with_unfinished_jobs_is_left_as_it_is<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m"), job(2, "m"), job(3, "m")]).await;
    let leases = scene.claim("m", 2).await;
    scene.finish(&leases[0].lease, retry(Duration::from_secs(9))).await;
    assert_eq!(forget(&scene).await, ForgetModel::Unfinished(3), "queued, running and waiting");
    assert_eq!(is_known(&scene).await, [false, true, true]);
    scene.finish(&leases[1].lease, success("1")).await;
    for number in 1..=3 {
        scene.store.cancel(job(number, "m").image, None).await.unwrap();
    }
    assert_eq!(forget(&scene).await, ForgetModel::Forgotten);
    assert_eq!(is_known(&scene).await, [false; 3]);
}

pub async fn how_its_jobs_ended_is_still_told<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m"), job(2, "m")]).await;
    let leases = scene.claim("m", 2).await;
    scene.finish(&leases[0].lease, success("1")).await;
    scene.finish(&leases[1].lease, failure("broken")).await;
    let images = [job(1, "m").image, job(2, "m").image];
    let before = scene.store.status(&images).await.unwrap();
    assert_eq!(forget(&scene).await, ForgetModel::Forgotten);
    let after = scene.store.status(&images).await.unwrap();
    assert_eq!(format!("{before:?}"), format!("{after:?}"));
    assert_eq!(scene.store.failures(&model("m"), 10).await.unwrap().len(), 0);
    let stats = scene.store.stats(Some(&[model("m")])).await.unwrap().remove(0);
    assert_eq!((stats.failed, stats.counters["submitted"]), (0, 0));
    // An ending that is told again meanwhile counts for nothing, as does what was before.
    assert_eq!(scene.finish(&leases[0].lease, success("1")).await, Ack::Stale);
    scene.submit(&[job(3, "m")]).await;
    let stats = scene.store.stats(Some(&[model("m")])).await.unwrap().remove(0);
    assert_eq!((stats.counters["submitted"], stats.counters["stale"]), (1, 0));
}

pub async fn what_dispatchers_say_of_it_does_not_bring_it_back<H: Harness>() {
    let scene = Scene::<H>::start().await;
    announce(&scene).await;
    forget(&scene).await;
    let lifetime = KnownModel::FORGOTTEN_FOR * 3;
    let say = async || {
        scene.store.hold(&model("m"), Some(&error("away")), lifetime).await.unwrap();
        scene.store.describe(&model("m"), &json!(["cat"])).await.unwrap();
    };
    say().await;
    assert_eq!(is_known(&scene).await, [false; 3]);
    // Whoever speaks of it later has not known it before.
    scene.advance(KnownModel::FORGOTTEN_FOR);
    say().await;
    assert_eq!(is_known(&scene).await, [true, true, false]);
}

pub async fn an_announcement_brings_it_back_at_once<H: Harness>() {
    let scene = Scene::<H>::start().await;
    announce(&scene).await;
    forget(&scene).await;
    assert!(announce(&scene).await, "it is new");
    assert_eq!(is_known(&scene).await, [true, true, false]);
    assert_eq!(scene.store.models().await.unwrap().len(), 1);
    scene.store.hold(&model("m"), Some(&error("away")), Duration::from_secs(9)).await.unwrap();
    assert!(scene.store.models().await.unwrap()[0].hold.is_some());
}

pub async fn a_job_brings_its_queue_back<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m"), job(2, "m")]).await;
    for lease in scene.claim("m", 2).await {
        scene.finish(&lease.lease, failure("broken")).await;
    }
    forget(&scene).await;
    let failed = Requeue::Jobs(vec![job(1, "m")]);
    assert_eq!(scene.store.requeue(&failed).await.unwrap(), 1);
    assert_eq!(is_known(&scene).await, [false, true, true]);
    scene.store.cancel(job(1, "m").image, None).await.unwrap();
    forget(&scene).await;
    scene.rerun(&[job(2, "m")]).await;
    assert_eq!(is_known(&scene).await, [false, true, true]);
    assert_eq!(scene.claim("m", 9).await.len(), 1);
    assert_eq!(scene.state(&job(2, "m")).await, JobState::Running);
}
