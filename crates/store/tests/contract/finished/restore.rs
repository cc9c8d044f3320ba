//! Jobs that ended and were forgotten come back as they were.

use std::time::Duration;

use photo_core::job::{EndedJob, JobOutcome, JobView, Priority, Requeue, SubmitMode, Submitted};
use photo_core::{Clock, JobId, JobState, ModelName, UnixMillis};

use crate::contract::scene::{
    Scene, ended, error, failure, ids, image, job, jobs, json, model, retry, success,
};
use crate::contract::{Harness, RETENTION};

const HALF: Duration = Duration::from_mins(30);

fn ended_well(number: u32) -> EndedJob {
    ended(job(number, "m"), JobOutcome::Succeeded(json("1")))
}

fn ended_badly(number: u32) -> EndedJob {
    ended(job(number, "m"), JobOutcome::Failed(error("no good")))
}

/// What the record of an image would keep of a finished job.
fn recorded(id: &JobId, view: JobView) -> EndedJob {
    let outcome = match view.state {
        JobState::Succeeded => JobOutcome::Succeeded(view.result.unwrap()),
        JobState::Failed => JobOutcome::Failed(view.error.unwrap()),
        JobState::Cancelled => JobOutcome::Cancelled(view.error),
        unfinished => panic!("{id} is {unfinished:?}"),
    };
    EndedJob {
        id: id.clone(),
        priority: view.priority,
        attempts: view.attempts,
        failures: view.failures,
        submitted_at: view.submitted_at,
        started_at: view.started_at,
        ended_at: view.changed_at,
        outcome,
    }
}

async fn restore<H: Harness>(scene: &Scene<H>, jobs: &[EndedJob]) -> u64 {
    scene.store.restore(jobs).await.unwrap()
}

async fn exists<H: Harness>(scene: &Scene<H>, number: u32) -> bool {
    !scene.store.status(&[image(number)]).await.unwrap()[0].is_empty()
}

/// Everything there is to know of a job.
async fn shown<H: Harness>(scene: &Scene<H>, id: &JobId) -> String {
    format!("{:#?}", scene.view(id).await)
}

pub async fn a_restored_job_shows_as_it_did<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let [well, badly, never_claimed, given_up] = [1, 2, 3, 4].map(|number| job(number, "m"));
    let lease = scene.running(&well).await;
    scene.finish(&lease, retry(Duration::ZERO)).await;
    let lease = scene.claim_one("m").await.lease;
    scene.finish(&lease, success("{ \"cat\" : 1.50, \"\\u00e9\": \"\u{1F980}\" }")).await;
    let high = Priority::High;
    scene.submit_as(std::slice::from_ref(&badly), high, SubmitMode::New).await;
    let lease = scene.claim_one("m").await.lease;
    scene.finish(&lease, failure("no \"good\"\n")).await;
    let lease = scene.running(&given_up).await;
    scene.finish(&lease, retry(HALF)).await;
    scene.cancel(&given_up).await;
    scene.submit(std::slice::from_ref(&never_claimed)).await;
    scene.cancel(&never_claimed).await;
    // All of them also as jobs of one image of several models.
    scene.failed(&job(1, "n")).await;
    let all = [well, badly, never_claimed, given_up, job(1, "n")];

    let mut records = Vec::new();
    for id in &all {
        records.push(recorded(id, scene.view(id).await));
    }
    let other = Scene::<H>::start().await;
    assert_eq!(restore(&other, &records).await, 5);
    for id in &all {
        assert_eq!(shown(&other, id).await, shown(&scene, id).await);
    }
    assert!(other.view(&all[2]).await.started_at.is_none());
    assert!(other.view(&all[3]).await.error.is_some());
}

pub async fn a_job_is_given_back_once<H: Harness>() {
    let scene = Scene::<H>::start().await;
    assert_eq!(restore(&scene, &[ended_badly(1), ended_well(1), ended_well(2)]).await, 2);
    let before = shown(&scene, &job(1, "m")).await;
    assert_eq!(restore(&scene, &[ended_well(1), ended_well(3)]).await, 1);
    assert_eq!(shown(&scene, &job(1, "m")).await, before);
    assert_eq!(scene.state(&job(1, "m")).await, JobState::Failed);
    assert_eq!(scene.stats("m").await.failed, 1);
}

pub async fn a_job_that_is_known_is_left_as_it_is<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let [waiting, succeeded, failed, cancelled, running, queued] =
        [1, 2, 3, 4, 5, 6].map(|number| job(number, "m"));
    let lease = scene.running(&waiting).await;
    scene.finish(&lease, retry(HALF)).await;
    scene.succeeded(&succeeded).await;
    scene.failed(&failed).await;
    scene.submit(std::slice::from_ref(&cancelled)).await;
    scene.cancel(&cancelled).await;
    let lease = scene.running(&running).await;
    scene.submit(std::slice::from_ref(&queued)).await;
    for id in [waiting, succeeded, failed, cancelled, running, queued] {
        let before = shown(&scene, &id).await;
        for outcome in [JobOutcome::Succeeded(json("7")), JobOutcome::Failed(error("other"))] {
            assert_eq!(restore(&scene, &[ended(id.clone(), outcome)]).await, 0);
        }
        assert_eq!(shown(&scene, &id).await, before);
    }
    assert_eq!(scene.stats("m").await.failed, 1);
    scene.finish(&lease, success("2")).await;
    assert_eq!(scene.claim_one("m").await.lease.id, job(6, "m"));
}

pub async fn nothing_is_counted_of_restored_jobs<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let cancelled = ended(job(3, "m"), JobOutcome::Cancelled(None));
    restore(&scene, &[ended_well(1), ended_badly(2), cancelled]).await;
    let stats = scene.store.stats(None).await.unwrap().remove(0);
    assert_eq!((stats.queued, stats.waiting, stats.running, stats.failed), ([0; 3], 0, 0, 1));
    assert_eq!(stats.counters.values().sum::<u64>(), 0, "{:?}", stats.counters);
}

pub async fn restored_failures_can_be_put_back_in_line<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let [mut late, mut early, mut named] = [1, 2, 3].map(ended_badly);
    early.ended_at.0 -= 500;
    late.priority = Priority::Low;
    named.ended_at.0 += 500;
    // One that failed here is later than all of them.
    scene.failed(&job(4, "m")).await;
    assert_eq!(restore(&scene, &[late, early, named]).await, 3);
    let which = Requeue::Jobs(jobs([3], "m"));
    assert_eq!(scene.store.requeue(&which).await.unwrap(), 1);
    assert_eq!(scene.claim_one("m").await.lease.id, job(3, "m"));
    for number in [2, 1, 4] {
        let which = Requeue::Oldest { model: model("m"), count: 1 };
        assert_eq!(scene.store.requeue(&which).await.unwrap(), 1);
        let claimed = scene.claim_one("m").await;
        assert_eq!(claimed.lease.id, job(number, "m"));
        assert_eq!((claimed.attempts, claimed.failures), (1, 0));
        let low = claimed.priority == Priority::Low;
        assert_eq!(low, number == 1);
    }
    assert_eq!(scene.stats("m").await.failed, 0);
}

pub async fn a_restored_job_can_be_done_again<H: Harness>() {
    let scene = Scene::<H>::start().await;
    restore(&scene, &[ended_well(1), ended_badly(2)]).await;
    assert_eq!(scene.rerun(&jobs([1, 2], "m")).await, [Submitted::Queued; 2]);
    for number in [1, 2] {
        let view = scene.view(&job(number, "m")).await;
        assert_eq!((view.state, view.attempts, view.started_at), (JobState::Queued, 0, None));
        assert!(view.result.is_none() && view.error.is_none());
    }
    for claimed in scene.claim("m", 2).await {
        scene.finish(&claimed.lease, success("9")).await;
        assert_eq!(scene.view(&claimed.lease.id).await.result.unwrap().get(), "9");
    }
    assert_eq!(scene.stats("m").await.failed, 0);
}

pub async fn a_restored_job_that_was_cancelled_can_be_submitted<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let id = job(1, "m");
    let cancelled = ended(id.clone(), JobOutcome::Cancelled(Some(error("try again"))));
    restore(&scene, &[cancelled]).await;
    assert_eq!(scene.submit(std::slice::from_ref(&id)).await, [Submitted::Queued]);
    assert_eq!(scene.view(&id).await.error, None);
    assert_eq!(scene.claim_one("m").await.lease.id, id);
}

pub async fn restored_jobs_are_kept_for_their_time_from_now_on<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.advance(RETENTION * 10);
    restore(&scene, &[ended_well(1), ended_badly(2)]).await;
    scene.advance(HALF);
    scene.store.tick().await.unwrap();
    assert_eq!(scene.view(&job(1, "m")).await.result.unwrap().get(), "1");
    assert_eq!(scene.view(&job(2, "m")).await.error, Some(error("no good")));
    // It failed too long ago to be put back by age, not by name.
    assert_eq!(scene.stats("m").await.failed, 0);
    scene.advance(HALF);
    scene.store.tick().await.unwrap();
    assert!(!exists(&scene, 1).await && !exists(&scene, 2).await);
}

pub async fn with_a_restored_job_the_time_of_its_whole_image_begins_anew<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.succeeded(&job(1, "n")).await;
    scene.succeeded(&job(2, "m")).await;
    scene.advance(HALF);
    // Of the second image nothing comes back.
    assert_eq!(restore(&scene, &[ended_well(1), ended_well(2)]).await, 1);
    scene.advance(HALF);
    scene.store.tick().await.unwrap();
    for model in ["m", "n"] {
        assert_eq!(scene.view(&job(1, model)).await.result.unwrap().get(), "1");
    }
    assert!(!exists(&scene, 2).await);
    scene.advance(HALF);
    scene.store.tick().await.unwrap();
    assert!(!exists(&scene, 1).await);
}

pub async fn a_restored_job_stays_as_long_as_its_image_is_unfinished<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "n")]).await;
    restore(&scene, &[ended_well(1)]).await;
    scene.advance(RETENTION * 2);
    scene.store.tick().await.unwrap();
    assert_eq!(scene.view(&job(1, "m")).await.result.unwrap().get(), "1");
    let lease = scene.claim_one("n").await.lease;
    scene.finish(&lease, success("2")).await;
    scene.advance(HALF);
    scene.store.tick().await.unwrap();
    assert_eq!(scene.view(&job(1, "m")).await.result.unwrap().get(), "1");
    scene.advance(HALF);
    scene.store.tick().await.unwrap();
    assert!(!exists(&scene, 1).await);
}

pub async fn a_job_recorded_in_the_future_does_not_move_the_fences<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let tomorrow = UnixMillis(Clock::default().now().0 + 24 * 3_600_000);
    let mut job_of_tomorrow = ended_well(1);
    (job_of_tomorrow.started_at, job_of_tomorrow.ended_at) = (Some(tomorrow), tomorrow);
    restore(&scene, &[job_of_tomorrow]).await;
    assert_eq!(scene.view(&job(1, "m")).await.started_at, Some(tomorrow));
    let fence = scene.running(&job(2, "m")).await.fence;
    assert!(fence < tomorrow.0 * 1000);
}

pub async fn restoring_nothing_is_answered_with_none<H: Harness>() {
    let scene = Scene::<H>::start().await;
    assert_eq!(restore(&scene, &[]).await, 0);
}

pub async fn a_large_restoration_is_given_back_whole<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let large = json(&format!("\"{}\"", "x".repeat(3 << 20)));
    let models: [ModelName; 2] = ["m", "n"].map(model);
    let jobs: Vec<EndedJob> = (0..1_300)
        .map(|number| {
            let id = JobId::new(image(number / 2), models[number as usize % 2].clone());
            let outcome = match number {
                10 | 11 | 700 => JobOutcome::Succeeded(large.clone()),
                _ if number % 3 == 0 => JobOutcome::Failed(error(&number.to_string())),
                _ => JobOutcome::Succeeded(json(&number.to_string())),
            };
            ended(id, outcome)
        })
        .collect();
    assert_eq!(restore(&scene, &jobs).await, 1_300);
    let images: Vec<_> = (0..650).map(image).collect();
    let views = scene.store.status(&images).await.unwrap().concat();
    assert_eq!(views.len(), 1_300);
    for (job, view) in jobs.iter().zip(&views) {
        assert_eq!(view.model, job.id.model);
        match &job.outcome {
            JobOutcome::Succeeded(result) => {
                assert_eq!(view.result.as_ref().unwrap().get(), result.get());
            }
            JobOutcome::Failed(error) => assert_eq!(view.error.as_ref(), Some(error)),
            JobOutcome::Cancelled(_) => unreachable!("none is made above"),
        }
    }
    assert_eq!(restore(&scene, &jobs).await, 0);
    assert_eq!(ids(&scene.claim("m", 9).await), []);
}
