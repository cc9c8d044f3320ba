//! Jobs that somebody no longer wants.

use std::time::Duration;

use photo_core::JobState;
use photo_core::job::{Ack, Submitted};

use crate::contract::scene::{
    Scene, error, failure, ids, image, job, jobs, model, release, retry, success,
};
use crate::contract::{Harness, LEASE, MAX_CRASHES};

const LATER: Duration = Duration::from_secs(30);

pub async fn a_queued_job_is_cancelled_at_once_and_never_handed_out<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&jobs([1, 2, 3], "m")).await;
    assert_eq!(scene.cancel(&job(2, "m")).await, JobState::Cancelled);
    let view = scene.view(&job(2, "m")).await;
    assert_eq!((view.state, view.cancel_asked), (JobState::Cancelled, false));
    assert_eq!(scene.counter("m", "cancelled").await, 1);
    assert_eq!(ids(&scene.claim("m", 3).await), jobs([1, 3], "m"));
}

pub async fn a_waiting_job_is_cancelled_at_once_and_never_comes_due<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    scene.finish(&lease, retry(LATER)).await;
    assert_eq!(scene.cancel(&job(1, "m")).await, JobState::Cancelled);
    scene.advance(LATER);
    assert_eq!(scene.store.tick().await.unwrap().due, 0);
    let claimed = scene.claim_as(scene.dispatcher, "m", 1, 1).await;
    assert_eq!((claimed.jobs, claimed.next_due), (vec![], None));
    let view = scene.view(&job(1, "m")).await;
    assert_eq!((view.state, view.due_at), (JobState::Cancelled, None));
    assert_eq!(scene.stats("m").await.waiting, 0);
}

pub async fn a_running_job_runs_on_until_its_dispatcher_lets_go<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    let before = scene.view(&job(1, "m")).await;
    scene.advance(Duration::from_secs(1));
    assert_eq!(scene.cancel(&job(1, "m")).await, JobState::Running);
    let view = scene.view(&job(1, "m")).await;
    assert_eq!((view.state, view.cancel_asked), (JobState::Running, true));
    assert_eq!(view.changed_at, before.changed_at);
    assert_eq!(scene.finish(&lease, release(Duration::ZERO)).await, Ack::Recorded);
    let view = scene.view(&job(1, "m")).await;
    assert_eq!((view.state, view.cancel_asked), (JobState::Cancelled, false));
    assert_eq!(scene.stats("m").await.running, 0);
}

pub async fn a_job_that_was_finished_all_the_same_is_recorded_as_it_is<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let endings = [(1, success("1"), JobState::Succeeded), (2, failure("no"), JobState::Failed)];
    for (number, ending, state) in endings {
        let lease = scene.running(&job(number, "m")).await;
        scene.cancel(&job(number, "m")).await;
        assert_eq!(scene.finish(&lease, ending).await, Ack::Recorded);
        let view = scene.view(&job(number, "m")).await;
        assert_eq!((view.state, view.cancel_asked), (state, false));
    }
    assert_eq!(scene.counter("m", "cancelled").await, 0);
}

pub async fn a_retry_of_a_job_to_be_cancelled_cancels_it<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    scene.cancel(&job(1, "m")).await;
    assert_eq!(scene.finish(&lease, retry(LATER)).await, Ack::Recorded);
    let view = scene.view(&job(1, "m")).await;
    assert_eq!((view.state, view.due_at), (JobState::Cancelled, None));
    assert_eq!((view.failures, view.error), (1, Some(error("try again"))));
    let stats = scene.stats("m").await;
    assert_eq!((stats.counters["cancelled"], stats.counters["retried"]), (1, 0));
    scene.advance(LATER);
    assert_eq!(scene.claim("m", 1).await, []);
}

pub async fn a_release_of_a_job_to_be_cancelled_cancels_it<H: Harness>() {
    let scene = Scene::<H>::start().await;
    for (number, after) in [(1, Duration::ZERO), (2, LATER)] {
        let lease = scene.running(&job(number, "m")).await;
        scene.cancel(&job(number, "m")).await;
        assert_eq!(scene.finish(&lease, release(after)).await, Ack::Recorded);
        assert_eq!(scene.state(&job(number, "m")).await, JobState::Cancelled);
    }
    let stats = scene.stats("m").await;
    assert_eq!((stats.counters["cancelled"], stats.counters["released"]), (2, 0));
    scene.advance(LATER);
    assert_eq!(scene.claim("m", 2).await, []);
}

pub async fn the_end_of_the_lease_of_a_job_to_be_cancelled_cancels_it<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    scene.cancel(&job(1, "m")).await;
    scene.advance(LEASE);
    assert_eq!(scene.claim("m", 1).await, []);
    let view = scene.view(&job(1, "m")).await;
    assert_eq!((view.state, view.cancel_asked), (JobState::Cancelled, false));
    assert_eq!(scene.finish(&lease, success("1")).await, Ack::Stale);
    let stats = scene.stats("m").await;
    assert_eq!((stats.counters["cancelled"], stats.counters["expired"]), (1, 1));
}

pub async fn a_cancellation_goes_before_dying_too_often<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m")]).await;
    for _ in 0..MAX_CRASHES - 1 {
        scene.claim_one("m").await;
        scene.advance(LEASE);
    }
    scene.claim_one("m").await;
    scene.cancel(&job(1, "m")).await;
    scene.advance(LEASE);
    scene.store.tick().await.unwrap();
    assert_eq!(scene.state(&job(1, "m")).await, JobState::Cancelled);
    assert_eq!(scene.stats("m").await.failed, 0);
}

pub async fn finished_jobs_stay_as_they_are<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.succeeded(&job(1, "m")).await;
    scene.failed(&job(2, "m")).await;
    assert_eq!(scene.cancel(&job(1, "m")).await, JobState::Succeeded);
    assert_eq!(scene.cancel(&job(2, "m")).await, JobState::Failed);
    assert_eq!(scene.view(&job(1, "m")).await.result.unwrap().get(), "1");
    assert_eq!(scene.stats("m").await.failed, 1);
}

pub async fn only_the_models_named_are_cancelled<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "a"), job(1, "b"), job(1, "c"), job(2, "a")]).await;
    let named = [model("c"), model("a"), model("a"), model("never-seen")];
    let answers = scene.store.cancel(image(1), Some(&named)).await.unwrap();
    let cancelled = JobState::Cancelled;
    assert_eq!(answers, [(model("a"), cancelled), (model("c"), cancelled)]);
    assert_eq!(scene.state(&job(1, "b")).await, JobState::Queued);
    assert_eq!(scene.state(&job(2, "a")).await, JobState::Queued);
    assert_eq!(scene.store.cancel(image(1), Some(&[])).await.unwrap(), []);
}

pub async fn all_jobs_of_the_image_are_answered_by_model_name<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.running(&job(1, "c")).await;
    scene.succeeded(&job(1, "b")).await;
    scene.submit(&[job(1, "d"), job(1, "a")]).await;
    let answers = scene.store.cancel(image(1), None).await.unwrap();
    let expected = [
        (model("a"), JobState::Cancelled),
        (model("b"), JobState::Succeeded),
        (model("c"), JobState::Running),
        (model("d"), JobState::Cancelled),
    ];
    assert_eq!(answers, expected);
}

pub async fn an_unknown_image_has_nothing_to_cancel<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m")]).await;
    assert_eq!(scene.store.cancel(image(2), None).await.unwrap(), []);
    assert_eq!(scene.state(&job(1, "m")).await, JobState::Queued);
}

pub async fn cancelling_twice_is_the_same_as_once<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    scene.submit(&[job(2, "m")]).await;
    for _ in 0..2 {
        assert_eq!(scene.cancel(&job(1, "m")).await, JobState::Running);
        assert_eq!(scene.cancel(&job(2, "m")).await, JobState::Cancelled);
    }
    scene.finish(&lease, release(Duration::ZERO)).await;
    assert_eq!(scene.counter("m", "cancelled").await, 2);
}

pub async fn a_job_cancelled_and_submitted_again_is_handed_out_once<H: Harness>() {
    let scene = Scene::<H>::start().await;
    for _ in 0..3 {
        assert_eq!(scene.submit(&[job(1, "m")]).await, [Submitted::Queued]);
        assert_eq!(scene.cancel(&job(1, "m")).await, JobState::Cancelled);
    }
    assert_eq!(scene.submit(&[job(1, "m")]).await, [Submitted::Queued]);
    assert_eq!(ids(&scene.claim("m", 5).await), [job(1, "m")]);
    assert_eq!(scene.claim("m", 5).await, []);
    assert_eq!(scene.stats("m").await.queued, [0, 0, 0]);
}

pub async fn a_rerun_job_is_no_longer_to_be_cancelled<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    scene.cancel(&job(1, "m")).await;
    scene.finish(&lease, success("1")).await;
    scene.rerun(&[job(1, "m")]).await;
    let lease = scene.claim_one("m").await.lease;
    assert!(!scene.view(&job(1, "m")).await.cancel_asked);
    scene.finish(&lease, release(Duration::ZERO)).await;
    assert_eq!(scene.state(&job(1, "m")).await, JobState::Queued);
}
