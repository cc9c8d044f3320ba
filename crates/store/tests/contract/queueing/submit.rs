//! Jobs go in line, once each.

use std::time::Duration;

use futures_util::future::join_all;
use photo_core::job::{NewJob, Priority, SubmitMode, Submitted};
use photo_core::{JobId, JobState};

use crate::contract::Harness;
use crate::contract::scene::{Scene, failure, ids, job, jobs, retry, success};

pub async fn a_new_job_is_queued<H: Harness>() {
    let scene = Scene::<H>::start().await;
    assert_eq!(scene.submit(&[job(1, "m")]).await, [Submitted::Queued]);
    let view = scene.view(&job(1, "m")).await;
    assert_eq!(view.model, job(1, "m").model);
    assert_eq!((view.state, view.priority), (JobState::Queued, Priority::Normal));
    assert_eq!((view.attempts, view.failures, view.cancel_asked), (0, 0, false));
    assert_eq!((view.started_at, view.due_at), (None, None));
    assert_eq!(view.changed_at, view.submitted_at);
    assert_eq!((view.held_by_model, view.error), (None, None));
    assert!(view.result.is_none());
}

pub async fn a_job_submitted_twice_is_queued_once_and_then_exists<H: Harness>() {
    let scene = Scene::<H>::start().await;
    assert_eq!(scene.submit(&[job(1, "m")]).await, [Submitted::Queued]);
    assert_eq!(scene.submit(&[job(1, "m")]).await, [Submitted::Exists(JobState::Queued)]);
    assert_eq!(ids(&scene.claim("m", 5).await), [job(1, "m")]);
}

pub async fn a_job_named_twice_in_one_request_is_queued_once<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let answers = scene.submit(&[job(1, "m"), job(2, "m"), job(1, "m")]).await;
    let exists = Submitted::Exists(JobState::Queued);
    assert_eq!(answers, [Submitted::Queued, Submitted::Queued, exists]);
    assert_eq!(ids(&scene.claim("m", 5).await), [job(1, "m"), job(2, "m")]);
}

pub async fn the_answers_come_in_the_order_of_the_request<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.running(&job(1, "m")).await;
    scene.succeeded(&job(2, "n")).await;
    let order = [job(3, "n"), job(2, "n"), job(1, "n"), job(1, "m"), job(3, "m")];
    let answers = [
        Submitted::Queued,
        Submitted::Exists(JobState::Succeeded),
        Submitted::Queued,
        Submitted::Exists(JobState::Running),
        Submitted::Queued,
    ];
    assert_eq!(scene.submit(&order).await, answers);
}

pub async fn an_empty_submission_is_answered_with_nothing<H: Harness>() {
    let scene = Scene::<H>::start().await;
    assert_eq!(scene.submit(&[]).await, []);
}

pub async fn submitting_again_answers_the_state_the_job_is_in<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let [waiting, failed, running, queued, succeeded] = [1, 2, 3, 4, 5].map(|n| job(n, "m"));
    let lease = scene.running(&waiting).await;
    scene.finish(&lease, retry(Duration::from_mins(1))).await;
    scene.failed(&failed).await;
    scene.succeeded(&succeeded).await;
    scene.running(&running).await;
    scene.submit(std::slice::from_ref(&queued)).await;
    let order = [waiting, failed, running, queued, succeeded];
    let states = [
        JobState::Waiting,
        JobState::Failed,
        JobState::Running,
        JobState::Queued,
        JobState::Succeeded,
    ];
    assert_eq!(scene.submit(&order).await, states.map(Submitted::Exists));
    for (id, state) in order.iter().zip(states) {
        assert_eq!(scene.state(id).await, state);
    }
}

pub async fn submitting_again_does_not_change_the_priority<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&jobs([1, 2], "m")).await;
    let again = scene.submit_as(&[job(2, "m")], Priority::High, SubmitMode::Rerun).await;
    assert_eq!(again, [Submitted::Exists(JobState::Queued)]);
    assert_eq!(scene.view(&job(2, "m")).await.priority, Priority::Normal);
    assert_eq!(ids(&scene.claim("m", 5).await), jobs([1, 2], "m"));
}

pub async fn a_cancelled_job_submitted_again_is_queued<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let id = job(1, "m");
    let lease = scene.running(&id).await;
    scene.finish(&lease, retry(Duration::from_mins(1))).await;
    assert_eq!(scene.cancel(&id).await, JobState::Cancelled);
    assert_eq!(scene.submit(std::slice::from_ref(&id)).await, [Submitted::Queued]);
    let view = scene.view(&id).await;
    assert_eq!((view.state, view.attempts, view.failures), (JobState::Queued, 0, 0));
    assert_eq!((view.started_at, view.error), (None, None));
    let claimed = scene.claim_one("m").await;
    assert_eq!((claimed.attempts, claimed.failures), (1, 0));
}

pub async fn a_rerun_forgets_the_outcome_and_the_counts<H: Harness>() {
    let scene = Scene::<H>::start().await;
    for (number, ending) in [(1, success("{\"old\": 1}")), (2, failure("old"))] {
        let id = job(number, "m");
        let lease = scene.running(&id).await;
        scene.finish(&lease, retry(Duration::ZERO)).await;
        let claimed = scene.claim_one("m").await;
        scene.finish(&claimed.lease, ending).await;
        assert_eq!(scene.rerun(std::slice::from_ref(&id)).await, [Submitted::Queued]);
        let view = scene.view(&id).await;
        assert_eq!(view.state, JobState::Queued);
        assert_eq!((view.attempts, view.failures, view.started_at), (0, 0, None));
        assert!(view.result.is_none() && view.error.is_none());
        let claimed = scene.claim_one("m").await;
        assert_eq!((claimed.attempts, claimed.failures), (1, 0));
    }
}

pub async fn a_rerun_leaves_unfinished_jobs_alone<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let [running, waiting, queued, cancelled] = [1, 2, 3, 4].map(|n| job(n, "m"));
    scene.running(&running).await;
    let lease = scene.running(&waiting).await;
    scene.finish(&lease, retry(Duration::from_mins(1))).await;
    scene.submit(std::slice::from_ref(&cancelled)).await;
    scene.cancel(&cancelled).await;
    scene.submit(std::slice::from_ref(&queued)).await;
    let answers = [
        Submitted::Exists(JobState::Running),
        Submitted::Exists(JobState::Waiting),
        Submitted::Exists(JobState::Queued),
        Submitted::Queued,
    ];
    assert_eq!(scene.rerun(&[running, waiting, queued, cancelled]).await, answers);
}

pub async fn a_job_queued_again_is_submitted_at_the_later_time<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let id = job(1, "m");
    scene.succeeded(&id).await;
    let first = scene.view(&id).await.submitted_at;
    scene.advance(Duration::from_mins(1));
    scene.submit(std::slice::from_ref(&id)).await;
    assert_eq!(scene.view(&id).await.submitted_at, first);
    scene.rerun(std::slice::from_ref(&id)).await;
    let view = scene.view(&id).await;
    assert!(view.submitted_at.0 >= first.0 + 60_000);
    assert_eq!(view.changed_at, view.submitted_at);
}

pub async fn submissions_at_the_same_time_queue_each_job_once<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let batch: Vec<JobId> = (0..20).flat_map(|n| [job(n, "m"), job(n, "n")]).collect();
    let answers = join_all((0..8).map(|_| scene.submit(&batch))).await;
    for n in 0..batch.len() {
        let queued = answers.iter().filter(|answer| answer[n] == Submitted::Queued).count();
        assert_eq!(queued, 1, "{}", batch[n]);
    }
    assert_eq!(scene.claim("m", 100).await.len(), 20);
    assert_eq!(scene.claim("n", 100).await.len(), 20);
}

pub async fn a_large_submission_is_queued_whole<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let batch = jobs(0..2_500, "m");
    let answers = scene.submit(&batch).await;
    assert_eq!(answers, vec![Submitted::Queued; 2_500]);
    assert_eq!(scene.stats("m").await.queued, [0, 2_500, 0]);
    let mut claimed = Vec::new();
    while claimed.len() < batch.len() {
        let jobs = scene.claim("m", 500).await;
        assert_eq!(jobs.len(), 500);
        claimed.extend(ids(&jobs));
    }
    assert_eq!(claimed, batch);
}

pub async fn a_refill_queues_what_is_unknown_and_leaves_all_else_as_it_is<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let [waiting, failed, succeeded, cancelled, running, queued, unknown] =
        [1, 2, 3, 4, 5, 6, 7].map(|n| job(n, "m"));
    let lease = scene.running(&waiting).await;
    scene.finish(&lease, retry(Duration::from_mins(1))).await;
    scene.failed(&failed).await;
    scene.succeeded(&succeeded).await;
    scene.submit(std::slice::from_ref(&cancelled)).await;
    scene.cancel(&cancelled).await;
    scene.running(&running).await;
    scene.submit(std::slice::from_ref(&queued)).await;
    let states = [
        (waiting, JobState::Waiting),
        (failed, JobState::Failed),
        (succeeded, JobState::Succeeded),
        (cancelled, JobState::Cancelled),
        (running, JobState::Running),
        (queued.clone(), JobState::Queued),
    ];
    for (id, state) in &states {
        let before = format!("{:?}", scene.view(id).await);
        let answer = scene.refill(std::slice::from_ref(id)).await;
        assert_eq!(answer, [Submitted::Exists(*state)]);
        assert_eq!(format!("{:?}", scene.view(id).await), before);
    }
    let answers = scene.refill(&[unknown.clone(), unknown.clone()]).await;
    assert_eq!(answers, [Submitted::Queued, Submitted::Exists(JobState::Queued)]);
    assert_eq!(ids(&scene.claim("m", 9).await), [queued, unknown]);
}

pub async fn what_a_refill_finds_is_not_counted_as_submitted_again<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m")]).await;
    scene.refill(&jobs([1, 2, 2], "m")).await;
    assert_eq!(scene.counter("m", "submitted").await, 2);
    assert_eq!(scene.counter("m", "duplicate").await, 0);
}

pub async fn an_unknown_job_that_ended_before_is_forgotten_and_nothing_is_written<H: Harness>() {
    let scene = Scene::<H>::start().await;
    for mode in [SubmitMode::New, SubmitMode::Refill] {
        let answers = scene.submit_ended(&jobs([1, 1], "m"), mode).await;
        assert_eq!(answers, [Submitted::Forgotten; 2]);
    }
    assert!(scene.find(&job(1, "m")).await.is_none());
    assert_eq!(scene.store.stats(None).await.unwrap(), []);
}

pub async fn a_known_job_that_ended_before_is_submitted_like_any_other<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let [queued, cancelled] = [1, 2].map(|n| job(n, "m"));
    scene.submit(&[queued.clone(), cancelled.clone()]).await;
    scene.cancel(&cancelled).await;
    let both = [queued, cancelled];
    let exists = [JobState::Queued, JobState::Cancelled].map(Submitted::Exists);
    assert_eq!(scene.submit_ended(&both, SubmitMode::Refill).await, exists);
    let answers = scene.submit_ended(&both, SubmitMode::New).await;
    assert_eq!(answers, [Submitted::Exists(JobState::Queued), Submitted::Queued]);
    assert_eq!(scene.counter("m", "duplicate").await, 1);
}

pub async fn a_rerun_queues_an_unknown_job_that_ended_before<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let answers = scene.submit_ended(&[job(1, "m")], SubmitMode::Rerun).await;
    assert_eq!(answers, [Submitted::Queued]);
    assert_eq!(scene.claim_one("m").await.lease.id, job(1, "m"));
}

pub async fn looking_changes_nothing<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let [queued, unknown] = [1, 2].map(|n| job(n, "m"));
    scene.submit(std::slice::from_ref(&queued)).await;
    let before = scene.store.stats(None).await.unwrap();
    let new = |id: &JobId, ended_before| NewJob {
        id: id.clone(),
        priority: Priority::Normal,
        ended_before,
    };
    let asked = [new(&queued, false), new(&unknown, false), new(&unknown, true)];
    let answers = scene.store.submit(&asked, SubmitMode::Look).await.unwrap();
    let exists = Submitted::Exists(JobState::Queued);
    assert_eq!(answers, [exists, Submitted::Queued, Submitted::Forgotten]);
    assert!(scene.find(&unknown).await.is_none());
    assert_eq!(scene.store.stats(None).await.unwrap(), before);
}
