//! Who goes first.

use std::time::Duration;

use photo_core::job::{Priority, SubmitMode, Submitted};

use super::Harness;
use super::scene::{Scene, ids, job, jobs, release};

async fn submit<H: Harness>(scene: &Scene<H>, priority: Priority, numbers: &[u32], model: &str) {
    let ids = jobs(numbers.iter().copied(), model);
    let answers = scene.submit_as(&ids, priority, SubmitMode::New).await;
    assert!(answers.iter().all(|answer| *answer == Submitted::Queued));
}

pub async fn high_goes_before_normal_and_normal_before_low<H: Harness>() {
    let scene = Scene::<H>::start().await;
    submit(&scene, Priority::Low, &[1, 2], "m").await;
    submit(&scene, Priority::Normal, &[3, 4], "m").await;
    submit(&scene, Priority::High, &[5, 6], "m").await;
    assert_eq!(scene.stats("m").await.queued, [2, 2, 2]);
    for (number, priority) in [
        (5, Priority::High),
        (6, Priority::High),
        (3, Priority::Normal),
        (4, Priority::Normal),
        (1, Priority::Low),
        (2, Priority::Low),
    ] {
        let claimed = scene.claim("m", 1).await;
        assert_eq!(ids(&claimed), [job(number, "m")]);
        assert_eq!(claimed[0].priority, priority);
    }
}

pub async fn a_claim_reaches_over_priorities<H: Harness>() {
    let scene = Scene::<H>::start().await;
    submit(&scene, Priority::Low, &[1, 2], "m").await;
    submit(&scene, Priority::Normal, &[3], "m").await;
    submit(&scene, Priority::High, &[4, 5], "m").await;
    assert_eq!(ids(&scene.claim("m", 4).await), jobs([4, 5, 3, 1], "m"));
}

pub async fn every_sixteenth_claim_begins_at_low<H: Harness>() {
    let scene = Scene::<H>::start().await;
    submit(&scene, Priority::High, &(0..40).collect::<Vec<_>>(), "m").await;
    submit(&scene, Priority::Normal, &[50, 51], "m").await;
    submit(&scene, Priority::Low, &[60, 61, 62], "m").await;
    let mut low = Vec::new();
    for turn in 1..=31 {
        let claimed = scene.claim("m", 1).await;
        if claimed[0].priority == Priority::Low {
            low.push(turn);
        }
    }
    assert_eq!(low, [16]);
    // The 32nd takes what is left of low, then goes on at the top.
    let claimed = scene.claim("m", 4).await;
    assert_eq!(ids(&claimed), jobs([61, 62, 30, 31], "m"));
}

pub async fn a_claim_without_slots_is_not_one_of_the_sixteen<H: Harness>() {
    let scene = Scene::<H>::start().await;
    submit(&scene, Priority::High, &(0..40).collect::<Vec<_>>(), "m").await;
    submit(&scene, Priority::Low, &[60], "m").await;
    for _ in 0..15 {
        assert_eq!(scene.claim("m", 0).await, []);
        assert_eq!(scene.claim("m", 1).await[0].priority, Priority::High);
    }
    assert_eq!(scene.claim("m", 1).await[0].priority, Priority::Low);
}

pub async fn each_model_counts_its_own_sixteen<H: Harness>() {
    let scene = Scene::<H>::start().await;
    for model in ["m", "n"] {
        submit(&scene, Priority::High, &(0..20).collect::<Vec<_>>(), model).await;
        submit(&scene, Priority::Low, &[60], model).await;
    }
    for _ in 0..15 {
        assert_eq!(scene.claim("m", 1).await[0].priority, Priority::High);
    }
    assert_eq!(scene.claim("n", 1).await[0].priority, Priority::High);
    assert_eq!(scene.claim("m", 1).await[0].priority, Priority::Low);
}

pub async fn a_released_job_keeps_its_priority<H: Harness>() {
    let scene = Scene::<H>::start().await;
    submit(&scene, Priority::Low, &[1, 2], "m").await;
    let claimed = scene.claim("m", 1).await;
    submit(&scene, Priority::Normal, &[3], "m").await;
    scene.finish(&claimed[0].lease, release(Duration::ZERO)).await;
    assert_eq!(scene.view(&job(1, "m")).await.priority, Priority::Low);
    assert_eq!(ids(&scene.claim("m", 3).await), jobs([3, 1, 2], "m"));
}

pub async fn a_rerun_takes_the_priority_it_is_given<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.succeeded(&job(1, "m")).await;
    submit(&scene, Priority::Normal, &[2], "m").await;
    let answers = scene.submit_as(&[job(1, "m")], Priority::High, SubmitMode::Rerun).await;
    assert_eq!(answers, [Submitted::Queued]);
    assert_eq!(scene.view(&job(1, "m")).await.priority, Priority::High);
    assert_eq!(ids(&scene.claim("m", 3).await), jobs([1, 2], "m"));
}
