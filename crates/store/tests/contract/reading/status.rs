//! What is told of an image's jobs.

use std::time::Duration;

use photo_core::job::JobView;
use photo_core::{ImageKey, JobState};

use crate::contract::scene::{Scene, image, job, jobs, retry, success};
use crate::contract::{Harness, LEASE};

async fn status<H: Harness>(scene: &Scene<H>, images: &[ImageKey]) -> Vec<Vec<JobView>> {
    let answers = scene.store.status(images).await.unwrap();
    assert_eq!(answers.len(), images.len());
    answers
}

fn names(views: &[JobView]) -> Vec<&str> {
    views.iter().map(|view| view.model.as_str()).collect()
}

pub async fn an_image_without_jobs_has_an_empty_list<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m")]).await;
    assert!(status(&scene, &[image(2)]).await[0].is_empty());
}

pub async fn many_images_are_answered_in_order<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&jobs((0..300).filter(|n| n % 3 > 0), "m")).await;
    scene.submit(&jobs((0..300).filter(|n| n % 3 == 2), "n")).await;
    let images: Vec<_> = (0..300).rev().map(image).collect();
    for (number, views) in (0..300).rev().zip(status(&scene, &images).await) {
        let expected: &[&str] = [&[][..], &["m"], &["m", "n"]][number % 3];
        assert_eq!(names(&views), expected, "image {number}");
    }
}

pub async fn the_jobs_of_an_image_come_by_model_name<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let models = ["zebra", "Ant", "ant", "a.b", "a-b", "a_b", "7"];
    for model in models {
        scene.submit(&[job(1, model)]).await;
    }
    let mut sorted = models;
    sorted.sort_unstable();
    assert_eq!(names(&status(&scene, &[image(1)]).await[0]), sorted);
}

pub async fn asking_for_no_images_answers_none<H: Harness>() {
    let scene = Scene::<H>::start().await;
    assert!(status(&scene, &[]).await.is_empty());
}

pub async fn an_image_asked_for_twice_is_answered_twice<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m")]).await;
    let answers = status(&scene, &[image(1), image(1)]).await;
    assert_eq!(answers.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1]);
}

pub async fn a_job_tells_its_times<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let id = job(1, "m");
    let minute = Duration::from_mins(1);
    scene.submit(std::slice::from_ref(&id)).await;
    let queued = scene.view(&id).await;
    scene.advance(minute);
    let claimed = scene.claim_one("m").await;
    let running = scene.view(&id).await;
    scene.advance(minute);
    scene.finish(&claimed.lease, success("1")).await;
    let finished = scene.view(&id).await;
    assert_eq!(finished.submitted_at, queued.submitted_at);
    assert_eq!(finished.started_at, running.started_at);
    assert!(running.changed_at.0 >= queued.changed_at.0 + 60_000);
    assert!(finished.changed_at.0 >= running.changed_at.0 + 60_000);
}

pub async fn extending_does_not_change_when_the_state_changed<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    let before = scene.view(&job(1, "m")).await;
    scene.advance(Duration::from_secs(5));
    scene.store.extend(&[lease], LEASE).await.unwrap();
    let after = scene.view(&job(1, "m")).await;
    assert_eq!(after.changed_at, before.changed_at);
    assert_eq!(after.started_at, before.started_at);
}

pub async fn only_a_waiting_job_has_a_due_time<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let id = job(1, "m");
    let lease = scene.running(&id).await;
    assert_eq!(scene.view(&id).await.due_at, None);
    scene.finish(&lease, retry(Duration::from_secs(5))).await;
    assert!(scene.view(&id).await.due_at.is_some());
    scene.advance(Duration::from_secs(5));
    scene.store.tick().await.unwrap();
    let view = scene.view(&id).await;
    assert_eq!((view.state, view.due_at), (JobState::Queued, None));
}
