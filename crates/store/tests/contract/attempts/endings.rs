//! What became of an attempt is recorded exactly once.

use photo_core::JobState;
use photo_core::job::{Ack, Claimed, Finish, Lease};

use crate::contract::scene::{Scene, failure, ids, job, jobs, request, success};
use crate::contract::{Harness, LEASE};

fn finish(lease: &Lease, result: &str) -> Finish {
    Finish { lease: lease.clone(), ending: success(result) }
}

async fn result<H: Harness>(scene: &Scene<H>, number: u32) -> String {
    let view = scene.view(&job(number, "m")).await;
    assert_eq!(view.state, JobState::Succeeded);
    view.result.unwrap().get().to_owned()
}

pub async fn a_result_is_kept_byte_for_byte<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let results = [
        "{\"b\" : 1.0e5,\n\t\"a\":[ 1,2 ],\"b\":\"\\u00e9 é 🦀\\\\ \\u0000\"}",
        "null",
        "0.10000000000000000000000000000000000001",
        "\"\"",
        "-0.0",
    ];
    for (number, text) in (0..).zip(results) {
        let lease = scene.running(&job(number, "m")).await;
        assert_eq!(scene.finish(&lease, success(text)).await, Ack::Recorded);
    }
    for (number, text) in (0..).zip(results) {
        assert_eq!(result(&scene, number).await, text);
    }
}

pub async fn a_result_of_a_megabyte_is_kept<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let text = format!("[\"{}\"]", "0123456789abcdef".repeat(1 << 16));
    let lease = scene.running(&job(1, "m")).await;
    assert_eq!(scene.finish(&lease, success(&text)).await, Ack::Recorded);
    assert!(result(&scene, 1).await == text, "the megabyte came back changed");
}

pub async fn the_second_ending_of_a_lease_is_stale<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    assert_eq!(scene.finish(&lease, success("\"first\"")).await, Ack::Recorded);
    assert_eq!(scene.finish(&lease, success("\"second\"")).await, Ack::Stale);
    assert_eq!(scene.finish(&lease, failure("third")).await, Ack::Stale);
    assert_eq!(result(&scene, 1).await, "\"first\"");
    assert_eq!(scene.counter("m", "stale").await, 2);
    assert_eq!(scene.counter("m", "succeeded").await, 1);
}

pub async fn an_ending_repeated_in_one_request_is_stale<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    let endings = [finish(&lease, "1"), finish(&lease, "2")];
    let finished = scene.store.finish(&endings, None).await.unwrap();
    assert_eq!(finished.acks, [Ack::Recorded, Ack::Stale]);
    assert_eq!(result(&scene, 1).await, "1");
}

pub async fn a_late_ending_counts_if_nobody_took_the_job<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    scene.advance(LEASE * 10);
    assert_eq!(scene.finish(&lease, success("1")).await, Ack::Recorded);
    assert_eq!(result(&scene, 1).await, "1");
    assert_eq!(scene.claim("m", 1).await, []);
}

pub async fn a_late_ending_is_stale_once_the_job_is_back_in_line<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    scene.advance(LEASE);
    scene.store.tick().await.unwrap();
    assert_eq!(scene.finish(&lease, success("1")).await, Ack::Stale);
    assert_eq!(scene.state(&job(1, "m")).await, JobState::Queued);
}

pub async fn a_late_ending_is_stale_once_another_has_the_job<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let late = scene.running(&job(1, "m")).await;
    scene.advance(LEASE);
    let current = scene.claim_one("m").await.lease;
    assert_eq!(scene.finish(&late, success("\"late\"")).await, Ack::Stale);
    assert_eq!(scene.state(&job(1, "m")).await, JobState::Running);
    assert_eq!(scene.finish(&current, success("\"current\"")).await, Ack::Recorded);
    assert_eq!(scene.finish(&late, success("\"late\"")).await, Ack::Stale);
    assert_eq!(result(&scene, 1).await, "\"current\"");
}

pub async fn an_ending_from_before_a_rerun_is_stale<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let old = scene.running(&job(1, "m")).await;
    scene.finish(&old, success("\"old\"")).await;
    scene.rerun(&[job(1, "m")]).await;
    assert_eq!(scene.finish(&old, success("\"old\"")).await, Ack::Stale);
    let new = scene.claim_one("m").await.lease;
    assert_eq!(scene.finish(&old, success("\"old\"")).await, Ack::Stale);
    assert_eq!(scene.finish(&new, success("\"new\"")).await, Ack::Recorded);
    assert_eq!(result(&scene, 1).await, "\"new\"");
}

pub async fn the_ending_of_an_unknown_job_is_stale<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = Lease { id: job(1, "never-seen"), fence: 1 };
    assert_eq!(scene.finish(&lease, success("1")).await, Ack::Stale);
    // Nor does an ending of a job that was never claimed count, whatever its fence.
    scene.submit(&[job(1, "m")]).await;
    for fence in [0, 1, u64::MAX] {
        let lease = Lease { id: job(1, "m"), fence };
        assert_eq!(scene.finish(&lease, success("1")).await, Ack::Stale);
    }
    assert_eq!(scene.state(&job(1, "m")).await, JobState::Queued);
}

pub async fn endings_are_answered_in_order_and_a_stale_one_stops_no_other<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let gone = scene.running(&job(1, "m")).await;
    scene.finish(&gone, success("1")).await;
    let first = scene.running(&job(2, "m")).await;
    let second = scene.running(&job(2, "n")).await;
    let endings = [
        finish(&first, "2"),
        finish(&gone, "3"),
        Finish { lease: second, ending: failure("no good") },
    ];
    let finished = scene.store.finish(&endings, None).await.unwrap();
    assert_eq!(finished.acks, [Ack::Recorded, Ack::Stale, Ack::Recorded]);
    assert_eq!(result(&scene, 1).await, "1");
    assert_eq!(result(&scene, 2).await, "2");
    assert_eq!(scene.state(&job(2, "n")).await, JobState::Failed);
}

pub async fn a_finish_may_claim_in_the_same_trip<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&jobs(1..=4, "m")).await;
    let mut held = scene.claim_as(scene.dispatcher, "m", 2, 2).await.jobs;
    // The places freed by the endings are there for the claim.
    for expected in [vec![3, 4], vec![]] {
        let endings: Vec<_> = held.iter().map(|job| finish(&job.lease, "1")).collect();
        let then = request(scene.dispatcher, &[("m", 2, 2)]);
        let finished = scene.store.finish(&endings, Some(&then)).await.unwrap();
        assert_eq!(finished.acks, [Ack::Recorded, Ack::Recorded]);
        assert_eq!(ids(&finished.claimed.jobs), jobs(expected, "m"));
        held = finished.claimed.jobs;
    }
}

pub async fn a_finish_without_a_claim_claims_nothing<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    scene.submit(&[job(2, "m")]).await;
    let finished = scene.store.finish(&[finish(&lease, "1")], None).await.unwrap();
    assert_eq!(finished.claimed, Claimed::default());
    assert_eq!(scene.state(&job(2, "m")).await, JobState::Queued);
}

pub async fn finishing_nothing_is_an_ordinary_claim<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&jobs([1, 2], "m")).await;
    let then = request(scene.dispatcher, &[("m", 1, 1)]);
    let finished = scene.store.finish(&[], Some(&then)).await.unwrap();
    assert_eq!(finished.acks, []);
    assert_eq!(ids(&finished.claimed.jobs), [job(1, "m")]);
    assert_eq!(scene.store.finish(&[], None).await.unwrap().acks, []);
}
