//! Models that cannot take their jobs now.

use std::time::Duration;

use photo_core::JobState;
use photo_core::job::{JobView, Submitted};

use crate::contract::Harness;
use crate::contract::scene::{Scene, error, job, model, retry, success};

const LIFETIME: Duration = Duration::from_secs(20);

async fn hold<H: Harness>(scene: &Scene<H>, model_name: &str, reason: &str) {
    let reason = error(reason);
    scene.store.hold(&model(model_name), Some(&reason), LIFETIME).await.unwrap();
}

fn assert_held(view: &JobView, reason: &str) {
    assert_eq!((view.state, view.due_at), (JobState::Waiting, None));
    assert_eq!(view.held_by_model, Some(error(reason)));
    assert_eq!(view.error, None);
}

fn assert_not_held(view: &JobView) {
    assert_eq!((view.state, &view.held_by_model), (JobState::Queued, &None));
}

pub async fn a_held_model_shows_its_queued_jobs_as_waiting<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m")]).await;
    hold(&scene, "m", "down").await;
    assert_held(&scene.view(&job(1, "m")).await, "down");
    // Jobs that come later are no better off; nothing else about them changes.
    assert_eq!(scene.submit(&[job(2, "m")]).await, [Submitted::Queued]);
    assert_held(&scene.view(&job(2, "m")).await, "down");
    assert_eq!(scene.submit(&[job(2, "m")]).await, [Submitted::Exists(JobState::Queued)]);
    assert_eq!(scene.stats("m").await.queued, [0, 2, 0]);
}

pub async fn a_hold_ends_with_its_lifetime<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m")]).await;
    hold(&scene, "m", "down").await;
    scene.advance(LIFETIME);
    assert_not_held(&scene.view(&job(1, "m")).await);
    assert_eq!(scene.store.models().await.unwrap()[0].hold, None);
}

pub async fn a_hold_can_be_lifted<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m")]).await;
    hold(&scene, "m", "down").await;
    scene.store.hold(&model("m"), None, LIFETIME).await.unwrap();
    assert_not_held(&scene.view(&job(1, "m")).await);
    assert_eq!(scene.store.models().await.unwrap()[0].hold, None);
}

pub async fn a_later_hold_replaces_an_earlier_one<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m")]).await;
    hold(&scene, "m", "down").await;
    scene.advance(LIFETIME / 2);
    hold(&scene, "m", "still loading").await;
    scene.advance(LIFETIME / 2);
    assert_held(&scene.view(&job(1, "m")).await, "still loading");
}

pub async fn a_hold_leaves_jobs_that_are_not_queued_as_they_are<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    scene.finish(&lease, retry(Duration::from_mins(1))).await;
    scene.succeeded(&job(2, "m")).await;
    scene.running(&job(3, "m")).await;
    hold(&scene, "m", "down").await;
    let waiting = scene.view(&job(1, "m")).await;
    assert_eq!((waiting.state, waiting.held_by_model), (JobState::Waiting, None));
    assert!(waiting.due_at.is_some());
    for (number, state) in [(2, JobState::Succeeded), (3, JobState::Running)] {
        let view = scene.view(&job(number, "m")).await;
        assert_eq!((view.state, view.held_by_model), (state, None));
    }
}

pub async fn a_hold_does_not_keep_jobs_from_being_claimed<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m")]).await;
    hold(&scene, "m", "down").await;
    scene.claim_one("m").await;
    assert_eq!(scene.state(&job(1, "m")).await, JobState::Running);
}

pub async fn a_hold_does_not_show_while_a_job_of_the_model_runs<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    scene.submit(&[job(2, "m")]).await;
    hold(&scene, "m", "down, says one who cannot reach it").await;
    assert_not_held(&scene.view(&job(2, "m")).await);
    assert_eq!(scene.store.models().await.unwrap()[0].hold, None);
    scene.finish(&lease, success("1")).await;
    assert_held(&scene.view(&job(2, "m")).await, "down, says one who cannot reach it");
    assert!(scene.store.models().await.unwrap()[0].hold.is_some());
}

pub async fn a_hold_of_one_model_does_not_show_at_another<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m"), job(1, "n")]).await;
    hold(&scene, "m", "down").await;
    assert_not_held(&scene.view(&job(1, "n")).await);
}

pub async fn lifting_what_was_never_held_changes_nothing<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m")]).await;
    scene.store.hold(&model("m"), None, LIFETIME).await.unwrap();
    assert_not_held(&scene.view(&job(1, "m")).await);
    assert_eq!(scene.store.models().await.unwrap(), []);
}
