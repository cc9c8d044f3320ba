//! Dispatchers take jobs off the line.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use photo_core::JobState;
use photo_core::job::{Ack, Claimed, DispatcherId, Priority};

use crate::contract::scene::{
    NO_LIMIT, Scene, assert_due, ids, job, jobs, release, request, retry, success,
};
use crate::contract::{Harness, LEASE};

pub async fn jobs_of_one_priority_come_out_in_the_order_they_went_in<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&jobs([3, 1], "m")).await;
    scene.submit(&jobs([2, 9, 4], "m")).await;
    assert_eq!(ids(&scene.claim("m", 2).await), jobs([3, 1], "m"));
    assert_eq!(ids(&scene.claim("m", 5).await), jobs([2, 9, 4], "m"));
}

pub async fn no_more_than_the_slots_are_handed_out<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&jobs(0..10, "m")).await;
    assert_eq!(scene.claim("m", 3).await.len(), 3);
    assert_eq!(scene.stats("m").await.running, 3);
}

pub async fn a_claim_without_slots_gets_nothing<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m")]).await;
    assert_eq!(scene.claim("m", 0).await, []);
    assert_eq!(scene.state(&job(1, "m")).await, JobState::Queued);
}

pub async fn a_claim_that_wants_nothing_gets_nothing<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m")]).await;
    let claimed = scene.store.claim(&request(scene.dispatcher, &[])).await.unwrap();
    assert_eq!(claimed, Claimed::default());
}

pub async fn a_claim_of_an_unknown_model_is_empty<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let claimed = scene.claim_as(scene.dispatcher, "never-seen", 5, NO_LIMIT).await;
    assert_eq!(claimed, Claimed::default());
}

pub async fn a_claim_takes_no_job_of_another_model<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m"), job(1, "n"), job(2, "n")]).await;
    assert_eq!(ids(&scene.claim("m", 5).await), [job(1, "m")]);
    assert_eq!(scene.state(&job(1, "n")).await, JobState::Queued);
}

pub async fn models_are_served_in_the_order_asked_for<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m"), job(1, "n"), job(2, "n"), job(2, "m"), job(1, "o")]).await;
    let wants = [("n", 5, NO_LIMIT), ("o", 0, NO_LIMIT), ("m", 1, NO_LIMIT)];
    let claimed = scene.store.claim(&request(scene.dispatcher, &wants)).await.unwrap();
    assert_eq!(ids(&claimed.jobs), [job(1, "n"), job(2, "n"), job(1, "m")]);
}

pub async fn the_limit_holds_over_two_dispatchers<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&jobs(0..10, "m")).await;
    let [first, second] = [DispatcherId::random(), DispatcherId::random()];
    assert_eq!(scene.claim_as(first, "m", 2, 3).await.jobs.len(), 2);
    assert_eq!(scene.claim_as(second, "m", 2, 3).await.jobs.len(), 1);
    assert_eq!(scene.claim_as(first, "m", 2, 3).await.jobs.len(), 0);
    // A limit that was lowered since takes nothing away and gives nothing more.
    assert_eq!(scene.claim_as(first, "m", 2, 1).await.jobs.len(), 0);
    assert_eq!(scene.stats("m").await.running, 3);
}

pub async fn an_ended_job_frees_its_place_under_the_limit<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&jobs(0..10, "m")).await;
    let later = Duration::from_mins(1);
    for ending in [success("1"), retry(later), release(later), release(Duration::ZERO)] {
        let mut claimed = scene.claim_as(scene.dispatcher, "m", 5, 1).await.jobs;
        assert_eq!(claimed.len(), 1);
        let lease = claimed.remove(0).lease;
        assert_eq!(scene.finish(&lease, ending).await, Ack::Recorded);
    }
    assert_eq!(scene.claim_as(scene.dispatcher, "m", 5, 1).await.jobs.len(), 1);
}

pub async fn two_dispatchers_never_get_the_same_job<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&jobs(0..60, "m")).await;
    let claims = (0..20).map(|_| scene.claim_as(DispatcherId::random(), "m", 4, 50));
    let claimed: Vec<_> = join_all(claims).await.into_iter().flat_map(|c| c.jobs).collect();
    let different: HashSet<_> = ids(&claimed).into_iter().collect();
    assert_eq!((claimed.len(), different.len()), (50, 50));
}

pub async fn fences_grow_with_every_claim<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let mut last = 0;
    scene.submit(&[job(1, "m")]).await;
    for _ in 0..20 {
        let claimed = scene.claim_one("m").await;
        assert!(claimed.lease.fence > last);
        last = claimed.lease.fence;
        scene.finish(&claimed.lease, release(Duration::ZERO)).await;
    }
    // Other models' jobs too, and other incarnations of the same job.
    scene.submit(&[job(1, "n")]).await;
    let claimed = scene.claim_one("n").await;
    assert!(claimed.lease.fence > last);
    scene.finish(&claimed.lease, success("1")).await;
    scene.rerun(&[job(1, "n")]).await;
    assert!(scene.claim_one("n").await.lease.fence > claimed.lease.fence);
}

pub async fn each_job_of_a_batch_has_its_own_fence<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&jobs(0..50, "m")).await;
    let claimed = scene.claim("m", 50).await;
    let fences: HashSet<u64> = claimed.iter().map(|job| job.lease.fence).collect();
    assert_eq!(fences.len(), 50);
}

pub async fn a_claimed_job_runs_since_its_fence<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m")]).await;
    scene.advance(Duration::from_mins(1));
    let claimed = scene.claim_one("m").await;
    assert_eq!(claimed.priority, Priority::Normal);
    let view = scene.view(&job(1, "m")).await;
    assert_eq!(view.state, JobState::Running);
    assert_eq!(view.started_at.unwrap().0, claimed.lease.fence / 1000);
    assert!(view.changed_at.0 >= view.submitted_at.0 + 60_000);
    assert!(view.started_at.unwrap().0 >= view.submitted_at.0 + 60_000);
}

pub async fn attempts_count_every_claim<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m")]).await;
    for attempt in 1..=4 {
        let claimed = scene.claim_one("m").await;
        assert_eq!(claimed.attempts, attempt);
        assert_eq!(scene.view(&job(1, "m")).await.attempts, attempt);
        scene.finish(&claimed.lease, release(Duration::ZERO)).await;
    }
}

pub async fn nothing_is_due_when_nothing_is_on_its_way<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.succeeded(&job(1, "m")).await;
    scene.failed(&job(2, "m")).await;
    scene.submit(&[job(3, "m")]).await;
    scene.cancel(&job(3, "m")).await;
    assert_eq!(scene.claim_as(scene.dispatcher, "m", 1, 1).await, Claimed::default());
}

pub async fn a_new_lease_is_due_when_it_ends<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m")]).await;
    let since = Instant::now();
    let claimed = scene.claim_as(scene.dispatcher, "m", 1, 1).await;
    assert_due(claimed.next_due, LEASE, since);
    scene.advance(Duration::from_secs(4));
    let claimed = scene.claim_as(scene.dispatcher, "m", 1, 1).await;
    assert_due(claimed.next_due, Duration::from_secs(6), since);
}

pub async fn the_sooner_of_lease_end_and_waiting_time_is_due<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let since = Instant::now();
    let lease = scene.running(&job(1, "m")).await;
    scene.finish(&lease, retry(Duration::from_secs(30))).await;
    let due = scene.claim_as(scene.dispatcher, "m", 1, 1).await.next_due;
    assert_due(due, Duration::from_secs(30), since);
    scene.running(&job(2, "m")).await;
    let due = scene.claim_as(scene.dispatcher, "m", 1, 1).await.next_due;
    assert_due(due, LEASE, since);
    let lease = scene.running(&job(3, "m")).await;
    scene.finish(&lease, release(Duration::from_secs(3))).await;
    let due = scene.claim_as(scene.dispatcher, "m", 1, 1).await.next_due;
    assert_due(due, Duration::from_secs(3), since);
}

pub async fn what_is_due_in_other_models_does_not_count<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.running(&job(1, "m")).await;
    assert_eq!(scene.claim_as(scene.dispatcher, "n", 1, 1).await, Claimed::default());
    let since = Instant::now();
    let both = request(scene.dispatcher, &[("n", 1, 1), ("m", 0, 1)]);
    let due = scene.store.claim(&both).await.unwrap().next_due;
    assert!(due.unwrap() <= LEASE && since.elapsed() < LEASE);
}
