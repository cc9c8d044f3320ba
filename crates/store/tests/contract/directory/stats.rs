//! The queues in numbers.

use std::time::Duration;

use photo_core::job::{ModelStats, Priority, Requeue, SubmitMode};

use crate::contract::scene::{Scene, failure, job, jobs, model, release, retry, success};
use crate::contract::{Harness, LEASE};

fn names(stats: &[ModelStats]) -> Vec<&str> {
    stats.iter().map(|model| model.model.as_str()).collect()
}

pub async fn every_job_is_counted_where_it_is<H: Harness>() {
    let scene = Scene::<H>::start().await;
    for number in 1..=2 {
        scene.failed(&job(number, "m")).await;
    }
    scene.succeeded(&job(3, "m")).await;
    for number in 4..=6 {
        let lease = scene.running(&job(number, "m")).await;
        scene.finish(&lease, retry(Duration::from_mins(1))).await;
    }
    scene.running(&job(7, "m")).await;
    scene.submit_as(&jobs(10..14, "m"), Priority::High, SubmitMode::New).await;
    scene.submit_as(&jobs(20..25, "m"), Priority::Normal, SubmitMode::New).await;
    scene.submit_as(&jobs(30..36, "m"), Priority::Low, SubmitMode::New).await;
    let stats = scene.stats("m").await;
    assert_eq!(stats.queued, [4, 5, 6]);
    assert_eq!((stats.waiting, stats.running, stats.failed), (3, 1, 2));
    assert_eq!(stats.unfinished(), 19);
}

pub async fn a_model_without_jobs_has_zeros<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let stats = scene.stats("never-seen").await;
    assert_eq!(stats.model, model("never-seen"));
    assert_eq!((stats.unfinished(), stats.failed), (0, 0));
    assert_eq!(stats.counters.len(), ModelStats::COUNTERS.len());
    for counter in ModelStats::COUNTERS {
        assert_eq!(stats.counters[counter], 0, "{counter}");
    }
}

pub async fn the_models_named_come_in_the_order_named<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "a"), job(1, "b"), job(2, "b"), job(1, "c")]).await;
    let named = [model("c"), model("never-seen"), model("b")];
    let stats = scene.store.stats(Some(&named)).await.unwrap();
    assert_eq!(names(&stats), ["c", "never-seen", "b"]);
    assert_eq!(stats.iter().map(ModelStats::unfinished).collect::<Vec<_>>(), [1, 0, 2]);
    assert_eq!(scene.store.stats(Some(&[])).await.unwrap(), []);
}

pub async fn all_models_come_by_name<H: Harness>() {
    let scene = Scene::<H>::start().await;
    assert_eq!(scene.store.stats(None).await.unwrap(), []);
    scene.submit(&[job(1, "b"), job(1, "C"), job(1, "a")]).await;
    scene.cancel(&job(1, "a")).await;
    assert_eq!(names(&scene.store.stats(None).await.unwrap()), ["C", "a", "b"]);
}

pub async fn the_counters_tell_what_happened<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&jobs([1, 2, 3, 4, 4], "m")).await;
    let leases: Vec<_> = scene.claim("m", 4).await.into_iter().map(|job| job.lease).collect();
    scene.finish(&leases[0], success("1")).await;
    scene.finish(&leases[0], success("1")).await;
    scene.finish(&leases[1], failure("no good")).await;
    scene.finish(&leases[2], retry(Duration::from_hours(1))).await;
    scene.cancel(&job(3, "m")).await;
    scene.finish(&leases[3], release(Duration::ZERO)).await;
    scene.claim_one("m").await;
    scene.advance(LEASE);
    scene.store.tick().await.unwrap();
    scene.rerun(&jobs([1, 4], "m")).await;
    let which = Requeue::Oldest { model: model("m"), count: 1 };
    assert_eq!(scene.store.requeue(&which).await.unwrap(), 1);
    let expected = [
        ("submitted", 5),
        ("duplicate", 2),
        ("claimed", 5),
        ("succeeded", 1),
        ("failed", 1),
        ("retried", 1),
        ("released", 1),
        ("cancelled", 1),
        ("expired", 1),
        ("stale", 1),
    ];
    let stats = scene.stats("m").await;
    for (counter, count) in expected {
        assert_eq!(stats.counters[counter], count, "{counter}");
    }
}

pub async fn cancelled_jobs_leave_the_queue_when_they_are_reached<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&jobs([1, 2, 3], "m")).await;
    scene.cancel(&job(1, "m")).await;
    scene.cancel(&job(3, "m")).await;
    assert_eq!(scene.claim("m", 5).await.len(), 1);
    let stats = scene.stats("m").await;
    assert_eq!((stats.queued, stats.running), ([0, 0, 0], 1));
}
