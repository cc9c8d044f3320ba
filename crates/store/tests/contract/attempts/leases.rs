//! Claims last a while, and then belong to whoever asks.

use std::time::Duration;

use photo_core::job::{Ack, DispatcherId, Ending, Held, Lease};
use photo_core::{JobErrorKind, JobState};

use crate::contract::scene::{NO_LIMIT, Scene, ids, job, jobs, success};
use crate::contract::{Harness, LEASE, MAX_CRASHES};

const HALF: Duration = Duration::from_secs(5);

async fn extend<H: Harness>(scene: &Scene<H>, lease: &Lease) -> Held {
    let held = scene.store.extend(std::slice::from_ref(lease), LEASE).await.unwrap();
    assert_eq!(held.len(), 1);
    held[0]
}

pub async fn an_extended_lease_outlives_its_first_end<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    for _ in 0..4 {
        scene.advance(HALF);
        assert_eq!(extend(&scene, &lease).await, Held::Extended);
    }
    scene.advance(HALF);
    assert_eq!(scene.claim("m", 1).await, []);
    assert_eq!(scene.store.tick().await.unwrap().expired, 0);
    assert_eq!(scene.state(&job(1, "m")).await, JobState::Running);
    scene.advance(LEASE);
    assert_eq!(scene.claim_one("m").await.attempts, 2);
}

pub async fn extensions_are_answered_in_order<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let ended = scene.running(&job(1, "m")).await;
    scene.finish(&ended, success("1")).await;
    let held = scene.running(&job(2, "m")).await;
    let cancelled = scene.running(&job(3, "m")).await;
    scene.cancel(&job(3, "m")).await;
    let unknown = Lease { id: job(4, "never-seen"), fence: 1 };
    let forged = Lease { fence: held.fence + 1, ..held.clone() };
    let leases = [ended, held, unknown, cancelled, forged];
    let answers = [Held::Lost, Held::Extended, Held::Lost, Held::CancelAsked, Held::Lost];
    assert_eq!(scene.store.extend(&leases, LEASE).await.unwrap(), answers);
    assert_eq!(scene.store.extend(&[], LEASE).await.unwrap(), []);
}

pub async fn a_lease_that_is_over_but_not_taken_is_still_extended<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    scene.advance(LEASE * 3);
    assert_eq!(extend(&scene, &lease).await, Held::Extended);
    assert_eq!(scene.claim("m", 1).await, []);
}

pub async fn a_lease_put_back_in_line_is_lost<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    scene.advance(LEASE);
    scene.store.tick().await.unwrap();
    assert_eq!(extend(&scene, &lease).await, Held::Lost);
    assert_eq!(scene.state(&job(1, "m")).await, JobState::Queued);
}

pub async fn a_lease_taken_over_by_another_is_lost<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    scene.advance(LEASE);
    let other = scene.claim_as(DispatcherId::random(), "m", 1, NO_LIMIT).await.jobs.remove(0);
    assert_eq!(extend(&scene, &lease).await, Held::Lost);
    assert_eq!(extend(&scene, &other.lease).await, Held::Extended);
}

pub async fn the_lease_of_an_ended_job_is_lost<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    scene.finish(&lease, success("1")).await;
    assert_eq!(extend(&scene, &lease).await, Held::Lost);
    assert_eq!(scene.state(&job(1, "m")).await, JobState::Succeeded);
}

pub async fn an_extension_says_that_the_job_is_to_be_cancelled<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    scene.cancel(&job(1, "m")).await;
    scene.advance(HALF);
    assert_eq!(extend(&scene, &lease).await, Held::CancelAsked);
    // It has the time to let go of the job properly.
    scene.advance(HALF);
    assert_eq!(scene.store.tick().await.unwrap().expired, 0);
    assert_eq!(scene.state(&job(1, "m")).await, JobState::Running);
}

pub async fn a_claim_takes_over_what_a_silent_dispatcher_held<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&jobs([1, 2], "m")).await;
    let silent = scene.claim_as(DispatcherId::random(), "m", 2, 2).await.jobs;
    assert_eq!(silent.len(), 2);
    assert_eq!(scene.claim_as(scene.dispatcher, "m", 2, 2).await.jobs.len(), 0);
    scene.advance(LEASE);
    let taken = scene.claim_as(scene.dispatcher, "m", 2, 2).await.jobs;
    assert_eq!(taken.len(), 2);
    assert!(taken.iter().all(|job| job.attempts == 2 && job.failures == 0));
    assert_eq!(scene.counter("m", "expired").await, 2);
}

pub async fn an_expired_job_goes_to_the_head_of_its_line<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&jobs([1, 2, 3], "m")).await;
    assert_eq!(ids(&scene.claim("m", 1).await), [job(1, "m")]);
    scene.advance(LEASE);
    assert_eq!(ids(&scene.claim("m", 2).await), jobs([1, 2], "m"));
}

pub async fn housekeeping_puts_expired_jobs_back_in_line<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let running = [job(1, "m"), job(1, "n")];
    for id in &running {
        scene.running(id).await;
    }
    assert_eq!(scene.store.tick().await.unwrap().expired, 0);
    scene.advance(LEASE);
    assert_eq!(scene.store.tick().await.unwrap().expired, 2);
    for id in &running {
        assert_eq!(scene.state(id).await, JobState::Queued);
    }
    assert_eq!(scene.store.tick().await.unwrap().expired, 0);
}

pub async fn a_dispatcher_that_fell_silent_is_not_a_failure_of_the_job<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.running(&job(1, "m")).await;
    scene.advance(LEASE);
    scene.store.tick().await.unwrap();
    let view = scene.view(&job(1, "m")).await;
    assert_eq!((view.attempts, view.failures, view.error), (1, 0, None));
    assert!(view.started_at.is_some());
}

pub async fn a_job_whose_dispatchers_died_too_often_fails<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m")]).await;
    for _ in 0..MAX_CRASHES {
        scene.claim_one("m").await;
        scene.advance(LEASE);
    }
    assert_eq!(scene.claim("m", 1).await, []);
    let view = scene.view(&job(1, "m")).await;
    assert_eq!((view.state, view.failures), (JobState::Failed, 0));
    assert_eq!(view.attempts, u32::from(MAX_CRASHES));
    let error = view.error.unwrap();
    assert_eq!((error.kind, error.http_status), (JobErrorKind::DispatchersDied, None));
    assert!(error.message.contains(&MAX_CRASHES.to_string()), "{error}");
    let stats = scene.stats("m").await;
    assert_eq!((stats.failed, stats.running), (1, 0));
    assert_eq!(stats.counters["failed"], 1);
    assert_eq!(stats.counters["expired"], u64::from(MAX_CRASHES));
}

pub async fn only_deaths_in_a_row_speak_against_a_job<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m")]).await;
    for _ in 0..MAX_CRASHES {
        scene.claim_one("m").await;
        scene.advance(LEASE);
        let lease = scene.claim_one("m").await.lease;
        let released = Ending::Release { after: Duration::ZERO, error: None };
        assert_eq!(scene.finish(&lease, released).await, Ack::Recorded);
    }
    assert_eq!(scene.view(&job(1, "m")).await.state, JobState::Queued);
}

pub async fn a_claim_puts_back_at_most_a_thousand_and_is_due_at_once<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&jobs(0..1_050, "m")).await;
    assert_eq!(scene.claim("m", 1_050).await.len(), 1_050);
    scene.advance(LEASE);
    let claimed = scene.claim_as(scene.dispatcher, "m", 1, NO_LIMIT).await;
    assert_eq!((claimed.jobs.len(), claimed.next_due), (1, Some(Duration::ZERO)));
    let stats = scene.stats("m").await;
    assert_eq!((stats.queued, stats.running), ([0, 999, 0], 51));
}

pub async fn expired_jobs_keep_the_order_of_their_claims<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&jobs((0..250).rev(), "m")).await;
    assert_eq!(scene.claim("m", 250).await.len(), 250);
    scene.submit(&jobs([900], "m")).await;
    scene.advance(LEASE);
    let mut expired = 0;
    while expired < 250 {
        expired += scene.store.tick().await.unwrap().expired;
    }
    assert_eq!(ids(&scene.claim("m", 251).await), jobs((0..250).rev().chain([900]), "m"));
}
