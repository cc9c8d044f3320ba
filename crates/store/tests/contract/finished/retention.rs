//! Finished work is forgotten in time.

use std::time::Duration;

use photo_core::JobState;
use photo_core::job::{Finish, Requeue, Submitted};

use crate::contract::scene::{Scene, image, job, jobs, model, success};
use crate::contract::{Harness, RETENTION};

const HALF: Duration = Duration::from_mins(30);

async fn exists<H: Harness>(scene: &Scene<H>, number: u32) -> bool {
    !scene.store.status(&[image(number)]).await.unwrap()[0].is_empty()
}

pub async fn finished_images_disappear_after_their_time<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.succeeded(&job(1, "m")).await;
    scene.failed(&job(1, "n")).await;
    scene.submit(&[job(2, "m")]).await;
    scene.cancel(&job(2, "m")).await;
    scene.advance(HALF);
    scene.store.tick().await.unwrap();
    assert!(exists(&scene, 1).await && exists(&scene, 2).await);
    scene.advance(HALF);
    scene.store.tick().await.unwrap();
    assert!(!exists(&scene, 1).await && !exists(&scene, 2).await);
}

pub async fn an_image_with_an_unfinished_job_stays<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.succeeded(&job(1, "m")).await;
    scene.submit(&[job(1, "n")]).await;
    scene.advance(RETENTION * 2);
    scene.store.tick().await.unwrap();
    let view = scene.view(&job(1, "m")).await;
    assert_eq!((view.state, view.result.unwrap().get()), (JobState::Succeeded, "1"));
    assert_eq!(scene.state(&job(1, "n")).await, JobState::Queued);
}

pub async fn an_image_is_kept_from_its_last_change_on<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.succeeded(&job(1, "m")).await;
    scene.succeeded(&job(2, "m")).await;
    scene.advance(HALF);
    // Another model for the one, the same once more for the other.
    scene.succeeded(&job(1, "n")).await;
    scene.rerun(&[job(2, "m")]).await;
    let lease = scene.claim_one("m").await.lease;
    scene.finish(&lease, success("2")).await;
    scene.advance(HALF);
    scene.store.tick().await.unwrap();
    assert_eq!(scene.view(&job(1, "m")).await.result.unwrap().get(), "1");
    assert_eq!(scene.view(&job(2, "m")).await.result.unwrap().get(), "2");
    scene.advance(HALF);
    scene.store.tick().await.unwrap();
    assert!(!exists(&scene, 1).await && !exists(&scene, 2).await);
}

pub async fn a_job_that_is_gone_can_be_submitted_anew<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.succeeded(&job(1, "m")).await;
    scene.advance(RETENTION);
    scene.store.tick().await.unwrap();
    assert_eq!(scene.submit(&[job(1, "m")]).await, [Submitted::Queued]);
    let view = scene.view(&job(1, "m")).await;
    assert_eq!((view.state, view.attempts), (JobState::Queued, 0));
    assert!(view.result.is_none());
    scene.claim_one("m").await;
}

pub async fn old_failures_leave_the_list<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.failed(&job(1, "m")).await;
    scene.advance(HALF);
    scene.failed(&job(2, "m")).await;
    scene.advance(HALF);
    assert_eq!(scene.store.tick().await.unwrap().trimmed, 1);
    assert_eq!(scene.stats("m").await.failed, 1);
    let which = Requeue::Oldest { model: model("m"), count: 5 };
    assert_eq!(scene.store.requeue(&which).await.unwrap(), 1);
    assert_eq!(scene.claim_one("m").await.lease.id, job(2, "m"));
    assert_eq!(scene.store.tick().await.unwrap().trimmed, 0);
}

pub async fn any_number_of_old_images_disappears_in_time<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&jobs(0..250, "m")).await;
    let finish = |lease| Finish { lease, ending: success("1") };
    let endings: Vec<_> =
        scene.claim("m", 250).await.into_iter().map(|job| finish(job.lease)).collect();
    scene.store.finish(&endings, None).await.unwrap();
    scene.advance(RETENTION);
    // Small steps: some hundred images a round, at least.
    for _ in 0..3 {
        scene.store.tick().await.unwrap();
    }
    let images: Vec<_> = (0..250).map(image).collect();
    assert!(scene.store.status(&images).await.unwrap().iter().all(Vec::is_empty));
}
