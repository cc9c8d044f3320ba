//! Attempts that did not end the job.

use std::ops::Range;
use std::time::{Duration, Instant};

use photo_core::JobState;
use photo_core::job::{Ack, ClaimedJob, Ending, Finish, Priority, SubmitMode};

use crate::contract::Harness;
use crate::contract::scene::{Scene, assert_due, error, ids, job, jobs, release, retry};

const LATER: Duration = Duration::from_secs(30);

pub async fn a_retry_waits_its_time_and_counts_a_failure<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    let since = Instant::now();
    assert_eq!(scene.finish(&lease, retry(LATER)).await, Ack::Recorded);
    let view = scene.view(&job(1, "m")).await;
    assert_eq!((view.state, view.attempts, view.failures), (JobState::Waiting, 1, 1));
    assert_eq!(view.error, Some(error("try again")));
    assert_eq!(view.due_at.unwrap().0, view.changed_at.0 + 30_000);
    assert!(view.held_by_model.is_none() && view.started_at.is_some());
    let nothing = scene.claim_as(scene.dispatcher, "m", 1, 1).await;
    assert_eq!(nothing.jobs, []);
    assert_due(nothing.next_due, LATER, since);
    scene.advance(LATER);
    let claimed = scene.claim_one("m").await;
    assert_eq!((claimed.attempts, claimed.failures), (2, 1));
    assert_eq!(scene.view(&job(1, "m")).await.due_at, None);
}

pub async fn a_retry_without_delay_is_handed_out_by_the_next_claim<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    assert_eq!(scene.finish(&lease, retry(Duration::ZERO)).await, Ack::Recorded);
    let claimed = scene.claim_one("m").await;
    assert_eq!((claimed.attempts, claimed.failures), (2, 1));
}

pub async fn a_release_goes_back_to_the_head_and_costs_nothing<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&jobs([1, 2], "m")).await;
    let ClaimedJob { lease, .. } = scene.claim("m", 1).await.remove(0);
    assert_eq!(scene.finish(&lease, release(Duration::ZERO)).await, Ack::Recorded);
    let view = scene.view(&job(1, "m")).await;
    assert_eq!((view.state, view.failures, view.error), (JobState::Queued, 0, None));
    assert_eq!(ids(&scene.claim("m", 2).await), jobs([1, 2], "m"));
}

pub async fn a_release_with_a_delay_waits_without_a_failure<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    assert_eq!(scene.finish(&lease, release(LATER)).await, Ack::Recorded);
    let view = scene.view(&job(1, "m")).await;
    assert_eq!((view.state, view.failures), (JobState::Waiting, 0));
    assert_eq!(view.due_at.unwrap().0, view.changed_at.0 + 30_000);
    assert_eq!(scene.claim("m", 1).await, []);
    scene.advance(LATER);
    let claimed = scene.claim_one("m").await;
    assert_eq!((claimed.attempts, claimed.failures), (2, 0));
}

pub async fn a_release_keeps_the_error_it_was_given<H: Harness>() {
    let scene = Scene::<H>::start().await;
    for (number, after) in [(1, Duration::ZERO), (2, LATER)] {
        let id = job(number, "m");
        scene.submit(std::slice::from_ref(&id)).await;
        let claimed = scene.claim("m", 2).await;
        let lease = claimed.iter().find(|job| job.lease.id == id).unwrap().lease.clone();
        let busy = Ending::Release { after, error: Some(error("busy")) };
        assert_eq!(scene.finish(&lease, busy).await, Ack::Recorded);
        assert_eq!(scene.view(&id).await.error, Some(error("busy")));
    }
}

pub async fn a_release_without_an_error_keeps_the_earlier_one<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    scene.finish(&lease, retry(Duration::ZERO)).await;
    let lease = scene.claim_one("m").await.lease;
    scene.finish(&lease, release(Duration::ZERO)).await;
    let view = scene.view(&job(1, "m")).await;
    assert_eq!((view.failures, view.error), (1, Some(error("try again"))));
}

pub async fn jobs_that_come_due_go_to_the_front_in_the_order_of_their_times<H: Harness>() {
    let scene = Scene::<H>::start().await;
    for (number, seconds) in [(1, 30), (2, 10), (3, 20)] {
        let lease = scene.running(&job(number, "m")).await;
        scene.finish(&lease, retry(Duration::from_secs(seconds))).await;
    }
    scene.submit(&jobs(4..100, "m")).await;
    scene.advance(LATER);
    assert_eq!(ids(&scene.claim("m", 4).await), jobs([2, 3, 1, 4], "m"));
}

/// Claims these jobs, which are all that is queued, and ends their attempts last one first.
async fn end_backwards<H: Harness>(scene: &Scene<H>, numbers: Range<u32>, ending: Ending) {
    scene.submit(&jobs(numbers.clone(), "m")).await;
    let claimed = scene.claim("m", numbers.end).await;
    assert_eq!(ids(&claimed), jobs(numbers, "m"));
    let finish = |job: &ClaimedJob| Finish { lease: job.lease.clone(), ending: ending.clone() };
    let endings: Vec<Finish> = claimed.iter().rev().map(finish).collect();
    let finished = scene.store.finish(&endings, None).await.unwrap();
    assert!(finished.acks.iter().all(|ack| *ack == Ack::Recorded));
}

pub async fn jobs_due_at_the_same_moment_keep_the_order_of_their_claims<H: Harness>() {
    let scene = Scene::<H>::start().await;
    end_backwards(&scene, 0..20, retry(LATER)).await;
    scene.submit(&jobs(20..30, "m")).await;
    scene.advance(LATER);
    assert_eq!(scene.store.tick().await.unwrap().due, 20);
    assert_eq!(ids(&scene.claim("m", 30).await), jobs(0..30, "m"));
}

pub async fn a_retry_goes_to_the_front_of_its_own_priority<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit_as(&[job(1, "m")], Priority::Low, SubmitMode::New).await;
    let lease = scene.claim_one("m").await.lease;
    scene.finish(&lease, retry(LATER)).await;
    scene.submit_as(&[job(2, "m")], Priority::Low, SubmitMode::New).await;
    scene.submit_as(&jobs(3..5, "m"), Priority::Normal, SubmitMode::New).await;
    scene.advance(LATER);
    assert_eq!(ids(&scene.claim("m", 4).await), jobs([3, 4, 1, 2], "m"));
}

pub async fn thousands_that_come_due_at_once_keep_their_order<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&jobs(0..2_500, "m")).await;
    let claimed = scene.claim("m", 2_500).await;
    // The one that was claimed last is due first.
    let endings = (0..).zip(claimed.iter().rev()).map(|(number, job)| Finish {
        lease: job.lease.clone(),
        ending: retry(LATER + Duration::from_millis(number)),
    });
    let endings: Vec<Finish> = endings.collect();
    scene.store.finish(&endings, None).await.unwrap();
    scene.submit(&jobs(9_000..9_010, "m")).await;
    scene.advance(LATER * 2);
    let mut due = 0;
    while due < 2_500 {
        due += scene.store.tick().await.unwrap().due;
    }
    let claimed = ids(&scene.claim("m", 2_501).await);
    assert_eq!(claimed, jobs((0..2_500).rev().chain([9_000]), "m"));
}

pub async fn jobs_handed_back_together_keep_the_order_of_their_claims<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&jobs(30..40, "m")).await;
    let later = scene.claim("m", 10).await;
    end_backwards(&scene, 0..20, release(Duration::ZERO)).await;
    assert_eq!(ids(&scene.claim("m", 20).await), jobs(0..20, "m"));
    for claimed in later.iter().rev() {
        scene.finish(&claimed.lease, release(Duration::ZERO)).await;
    }
    scene.submit(&jobs([50], "m")).await;
    assert_eq!(ids(&scene.claim("m", 11).await), jobs((30..40).chain([50]), "m"));
}

pub async fn housekeeping_puts_due_jobs_back_in_line<H: Harness>() {
    let scene = Scene::<H>::start().await;
    for id in [job(1, "m"), job(1, "n")] {
        let lease = scene.running(&id).await;
        scene.finish(&lease, retry(LATER)).await;
    }
    assert_eq!(scene.store.tick().await.unwrap().due, 0);
    scene.advance(LATER);
    assert_eq!(scene.store.tick().await.unwrap().due, 2);
    for id in [job(1, "m"), job(1, "n")] {
        let view = scene.view(&id).await;
        assert_eq!((view.state, view.due_at), (JobState::Queued, None));
        assert_eq!(view.error, Some(error("try again")));
    }
}

pub async fn a_waiting_job_of_another_model_stays_until_its_model_is_asked_for<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    scene.finish(&lease, retry(LATER)).await;
    scene.advance(LATER);
    assert_eq!(scene.claim("n", 1).await, []);
    assert_eq!(scene.state(&job(1, "m")).await, JobState::Waiting);
    scene.claim_one("m").await;
}
