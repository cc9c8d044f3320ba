//! How the priorities share a model.

use std::time::Duration;

use photo_core::job::PriorityWeights;
use photo_core::job::{ClaimRequest, Priority, SubmitMode, Submitted};

use crate::contract::Harness;
use crate::contract::scene::{NO_LIMIT, Scene, ids, job, jobs, release, request};

async fn submit<H: Harness>(scene: &Scene<H>, priority: Priority, numbers: &[u32], model: &str) {
    let ids = jobs(numbers.iter().copied(), model);
    let answers = scene.submit_as(&ids, priority, SubmitMode::New).await;
    assert!(answers.iter().all(|answer| *answer == Submitted::Queued));
}

/// Queues so many jobs of each priority.
async fn fill<H: Harness>(scene: &Scene<H>, model: &str, counts: [u32; 3]) {
    let mut first = 0;
    for (priority, count) in Priority::ALL.into_iter().zip(counts) {
        submit(scene, priority, &(first..first + count).collect::<Vec<_>>(), model).await;
        first += count;
    }
}

/// The priorities of the jobs of as many claims, each of so many slots, by their first letters.
async fn started<H: Harness>(scene: &Scene<H>, model: &str, claims: u32, slots: u32) -> String {
    let mut letters = String::new();
    for _ in 0..claims {
        for job in scene.claim(model, slots).await {
            letters.push(match job.priority {
                Priority::High => 'H',
                Priority::Normal => 'N',
                Priority::Low => 'L',
            });
        }
    }
    letters
}

/// A round of the usual weights: 16 high, 4 normal and 1 low, evenly mixed.
const ROUND: &str = "HHNHHHHNHHLHHHNHHHNHH";

pub async fn busy_priorities_share_a_model_by_their_weights<H: Harness>() {
    let scene = Scene::<H>::start().await;
    fill(&scene, "m", [60, 60, 60]).await;
    assert_eq!(scene.stats("m").await.queued, [60, 60, 60]);
    assert_eq!(started(&scene, "m", 42, 1).await, ROUND.repeat(2));
    assert_eq!(scene.stats("m").await.queued, [28, 52, 58]);
}

pub async fn a_batch_has_the_shares_of_as_many_claims<H: Harness>() {
    let scene = Scene::<H>::start().await;
    fill(&scene, "m", [100, 100, 100]).await;
    assert_eq!(started(&scene, "m", 6, 7).await, ROUND.repeat(2));
    assert_eq!(started(&scene, "m", 1, 63).await, ROUND.repeat(3));
}

pub async fn jobs_of_one_priority_keep_their_order_among_the_others<H: Harness>() {
    let scene = Scene::<H>::start().await;
    submit(&scene, Priority::Low, &[1, 2], "m").await;
    submit(&scene, Priority::Normal, &[3], "m").await;
    submit(&scene, Priority::High, &[4, 5], "m").await;
    assert_eq!(ids(&scene.claim("m", 4).await), jobs([4, 5, 3, 1], "m"));
}

pub async fn a_priority_without_jobs_leaves_its_share_to_the_others<H: Harness>() {
    let scene = Scene::<H>::start().await;
    fill(&scene, "m", [0, 40, 10]).await;
    let order = started(&scene, "m", 10, 1).await;
    assert_eq!(order, "NNLNNNNLNN", "four normal ones to one low one");
    fill(&scene, "n", [0, 0, 10]).await;
    assert_eq!(started(&scene, "n", 1, 10).await, "L".repeat(10));
    // One that comes later has its share at once, and nothing for the time before.
    submit(&scene, Priority::High, &(900..940).collect::<Vec<_>>(), "m").await;
    let order = started(&scene, "m", 42, 1).await;
    let count = |letter: &str| order.matches(letter).count();
    assert_eq!([count("H"), count("N"), count("L")], [32, 8, 2], "{order}");
}

pub async fn the_weights_are_those_of_the_claim<H: Harness>() {
    let scene = Scene::<H>::start().await;
    fill(&scene, "m", [40, 40, 40]).await;
    let weights = PriorityWeights::new([1, 1, 2]).unwrap();
    let request = ClaimRequest { weights, ..request(scene.dispatcher, &[("m", 8, NO_LIMIT)]) };
    let claimed = scene.store.claim(&request).await.unwrap().jobs;
    let count = |priority| claimed.iter().filter(|job| job.priority == priority).count();
    assert_eq!(Priority::ALL.map(count), [2, 2, 4]);
}

pub async fn a_claim_without_slots_uses_up_no_turn<H: Harness>() {
    let scene = Scene::<H>::start().await;
    fill(&scene, "m", [40, 40, 40]).await;
    let mut order = String::new();
    for _ in 0..21 {
        assert_eq!(scene.claim("m", 0).await, []);
        order += &started(&scene, "m", 1, 1).await;
    }
    assert_eq!(order, ROUND);
}

pub async fn each_model_has_shares_of_its_own<H: Harness>() {
    let scene = Scene::<H>::start().await;
    for model in ["m", "n"] {
        fill(&scene, model, [40, 40, 40]).await;
    }
    assert_eq!(started(&scene, "m", 10, 1).await, ROUND[..10]);
    assert_eq!(started(&scene, "n", 10, 1).await, ROUND[..10]);
    assert_eq!(started(&scene, "m", 11, 1).await, ROUND[10..]);
}

pub async fn cancelled_jobs_have_no_share<H: Harness>() {
    let scene = Scene::<H>::start().await;
    fill(&scene, "m", [40, 40, 40]).await;
    // Those in the middle leave something behind that must be passed over.
    for number in (41..80).chain(81..100) {
        scene.cancel(&job(number, "m")).await;
    }
    assert_eq!(started(&scene, "m", 3, 1).await, "HHN");
    let order = started(&scene, "m", 34, 1).await;
    assert_eq!(order.matches('L').count(), 2, "sixteen high ones to one low one: {order}");
    assert_eq!(order.matches('N').count(), 0);
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
