//! Failed jobs get another chance.

use std::time::Duration;

use photo_core::JobState;
use photo_core::job::{Priority, Requeue, SubmitMode};

use crate::contract::scene::{Scene, failure, ids, job, jobs, model, retry};
use crate::contract::{Harness, LEASE, MAX_CRASHES};

fn oldest(model_name: &str, count: u32) -> Requeue {
    Requeue::Oldest { model: model(model_name), count }
}

/// Fails these jobs of model `m`, a second apart.
async fn fail_in_turn<H: Harness>(scene: &Scene<H>, numbers: &[u32]) {
    for number in numbers {
        scene.failed(&job(*number, "m")).await;
        scene.advance(Duration::from_secs(1));
    }
}

pub async fn failed_jobs_named_are_put_back_in_line<H: Harness>() {
    let scene = Scene::<H>::start().await;
    fail_in_turn(&scene, &[1, 2, 3]).await;
    let which = Requeue::Jobs(jobs([3, 1], "m"));
    assert_eq!(scene.store.requeue(&which).await.unwrap(), 2);
    assert_eq!(scene.stats("m").await.failed, 1);
    assert_eq!(ids(&scene.claim("m", 5).await), jobs([3, 1], "m"));
    assert_eq!(scene.state(&job(2, "m")).await, JobState::Failed);
}

pub async fn jobs_that_are_not_failed_are_left_alone<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.succeeded(&job(1, "m")).await;
    scene.running(&job(2, "m")).await;
    scene.submit(&jobs([3, 4], "m")).await;
    scene.cancel(&job(4, "m")).await;
    let which = Requeue::Jobs(jobs(1..=5, "m"));
    assert_eq!(scene.store.requeue(&which).await.unwrap(), 0);
    for (number, state) in [
        (1, JobState::Succeeded),
        (2, JobState::Running),
        (3, JobState::Queued),
        (4, JobState::Cancelled),
    ] {
        assert_eq!(scene.state(&job(number, "m")).await, state);
    }
    assert!(scene.find(&job(5, "m")).await.is_none());
}

pub async fn a_job_named_twice_is_put_back_once<H: Harness>() {
    let scene = Scene::<H>::start().await;
    fail_in_turn(&scene, &[1]).await;
    let which = Requeue::Jobs(jobs([1, 1], "m"));
    assert_eq!(scene.store.requeue(&which).await.unwrap(), 1);
    assert_eq!(scene.store.requeue(&which).await.unwrap(), 0);
    assert_eq!(ids(&scene.claim("m", 5).await), [job(1, "m")]);
}

pub async fn the_oldest_failures_go_first<H: Harness>() {
    let scene = Scene::<H>::start().await;
    fail_in_turn(&scene, &[3, 1, 2]).await;
    assert_eq!(scene.store.requeue(&oldest("m", 2)).await.unwrap(), 2);
    assert_eq!(ids(&scene.claim("m", 5).await), jobs([3, 1], "m"));
}

pub async fn no_more_than_the_count_are_put_back<H: Harness>() {
    let scene = Scene::<H>::start().await;
    fail_in_turn(&scene, &[1, 2, 3]).await;
    assert_eq!(scene.store.requeue(&oldest("m", 0)).await.unwrap(), 0);
    assert_eq!(scene.store.requeue(&oldest("m", 1)).await.unwrap(), 1);
    assert_eq!(scene.store.requeue(&oldest("m", 1_000)).await.unwrap(), 2);
    assert_eq!(scene.store.requeue(&oldest("m", 1_000)).await.unwrap(), 0);
}

pub async fn only_the_model_named_is_put_back<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.failed(&job(1, "m")).await;
    scene.failed(&job(1, "n")).await;
    assert_eq!(scene.store.requeue(&oldest("n", 5)).await.unwrap(), 1);
    assert_eq!(scene.store.requeue(&oldest("never-seen", 5)).await.unwrap(), 0);
    assert_eq!(scene.state(&job(1, "m")).await, JobState::Failed);
    assert_eq!(scene.state(&job(1, "n")).await, JobState::Queued);
}

pub async fn a_requeued_job_has_a_clean_slate<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let id = job(1, "m");
    let lease = scene.running(&id).await;
    scene.finish(&lease, retry(Duration::ZERO)).await;
    let claimed = scene.claim_one("m").await;
    scene.finish(&claimed.lease, failure("no good")).await;
    let before = scene.view(&id).await;
    scene.advance(Duration::from_secs(1));
    assert_eq!(scene.store.requeue(&oldest("m", 1)).await.unwrap(), 1);
    let view = scene.view(&id).await;
    assert_eq!((view.state, view.attempts, view.failures), (JobState::Queued, 0, 0));
    assert_eq!((view.started_at, view.error), (None, None));
    // The time of a change may be a millisecond ahead, so that no two changes have the same.
    assert!(view.submitted_at.0 >= before.changed_at.0 + 900);
    let claimed = scene.claim_one("m").await;
    assert_eq!((claimed.attempts, claimed.failures), (1, 0));
}

pub async fn a_requeued_job_keeps_its_priority<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit_as(&[job(1, "m")], Priority::High, SubmitMode::New).await;
    let lease = scene.claim_one("m").await.lease;
    scene.finish(&lease, failure("no good")).await;
    scene.submit(&[job(2, "m")]).await;
    assert_eq!(scene.store.requeue(&oldest("m", 1)).await.unwrap(), 1);
    assert_eq!(ids(&scene.claim("m", 5).await), jobs([1, 2], "m"));
}

pub async fn a_job_that_died_of_its_dispatchers_can_be_put_back<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m")]).await;
    for _ in 0..MAX_CRASHES {
        scene.claim_one("m").await;
        scene.advance(LEASE);
        scene.store.tick().await.unwrap();
    }
    assert_eq!(scene.state(&job(1, "m")).await, JobState::Failed);
    assert_eq!(scene.store.requeue(&oldest("m", 1)).await.unwrap(), 1);
    // It may lose as many dispatchers again before it fails again.
    scene.claim_one("m").await;
    scene.advance(LEASE);
    scene.store.tick().await.unwrap();
    assert_eq!(scene.state(&job(1, "m")).await, JobState::Queued);
}
