//! Failed jobs, listed for whoever wants to know why.

use std::time::Duration;

use photo_core::JobState;
use photo_core::job::{Ack, FailedJob, Finish, Priority, Requeue, SubmitMode};

use crate::contract::scene::{Scene, error, failure, image, job, jobs, model, retry};
use crate::contract::{Harness, RETENTION};

async fn listed<H: Harness>(scene: &Scene<H>, name: &str, most: u32) -> Vec<FailedJob> {
    scene.store.failures(&model(name), most).await.unwrap()
}

/// Which images they are of.
fn numbers(failures: &[FailedJob]) -> Vec<u32> {
    let number = |failed: &FailedJob| {
        (0..2_000).find(|number| image(*number) == failed.image).expect("one of the test's images")
    };
    failures.iter().map(number).collect()
}

pub async fn failures_come_with_what_they_failed_of<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let id = job(1, "m");
    scene.submit_as(std::slice::from_ref(&id), Priority::High, SubmitMode::New).await;
    let lease = scene.claim_one("m").await.lease;
    scene.finish(&lease, retry(Duration::ZERO)).await;
    let lease = scene.claim_one("m").await.lease;
    scene.finish(&lease, failure("no good")).await;
    let failures = listed(&scene, "m", 10).await;
    assert_eq!(numbers(&failures), [1]);
    let (listed, shown) = (&failures[0].job, scene.view(&id).await);
    assert_eq!(listed.error, Some(error("no good")));
    assert_eq!((&listed.model, listed.state), (&id.model, JobState::Failed));
    assert_eq!((listed.priority, listed.attempts, listed.failures), (Priority::High, 2, 1));
    assert_eq!(listed.changed_at, shown.changed_at);
    assert_eq!((listed.submitted_at, listed.started_at), (shown.submitted_at, shown.started_at));
    assert_eq!((listed.due_at, &listed.held_by_model), (None, &None));
}

pub async fn the_latest_failure_comes_first_and_no_more_than_asked_for<H: Harness>() {
    let scene = Scene::<H>::start().await;
    for number in [3, 1, 2] {
        scene.failed(&job(number, "m")).await;
        scene.failed(&job(number + 10, "other")).await;
        scene.advance(Duration::from_secs(1));
    }
    assert_eq!(numbers(&listed(&scene, "m", 10).await), [2, 1, 3]);
    assert_eq!(numbers(&listed(&scene, "m", 2).await), [2, 1]);
    assert_eq!(numbers(&listed(&scene, "m", 0).await), Vec::<u32>::new());
}

pub async fn no_more_than_a_thousand_failures_come_at_once<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&jobs(0..1_010, "m")).await;
    let claimed = scene.claim("m", 2_000).await;
    let finish = |lease| Finish { lease, ending: failure("no good") };
    let endings: Vec<Finish> = claimed.into_iter().map(|job| finish(job.lease)).collect();
    let acks = scene.store.finish(&endings, None).await.unwrap().acks;
    assert_eq!(acks, [Ack::Recorded; 1_010]);
    assert_eq!(listed(&scene, "m", u32::MAX).await.len(), FailedJob::MOST as usize);
}

pub async fn only_what_can_be_put_back_in_line_is_listed<H: Harness>() {
    let scene = Scene::<H>::start().await;
    for number in 1..=3 {
        scene.failed(&job(number, "m")).await;
    }
    scene.succeeded(&job(4, "m")).await;
    scene.store.requeue(&Requeue::Jobs(jobs([1], "m"))).await.unwrap();
    scene.rerun(&jobs([2], "m")).await;
    assert_eq!(numbers(&listed(&scene, "m", 10).await), [3]);
    scene.advance(RETENTION + Duration::from_secs(1));
    scene.store.tick().await.unwrap();
    assert_eq!(numbers(&listed(&scene, "m", 10).await), Vec::<u32>::new());
}

pub async fn a_model_without_failures_has_an_empty_list<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.succeeded(&job(1, "m")).await;
    assert!(listed(&scene, "m", 10).await.is_empty());
    assert!(listed(&scene, "never-seen", 10).await.is_empty());
}
