//! The clock of the store's machine is set: what is measured goes on, what is told follows.

use std::time::{Duration, Instant};

use photo_core::job::{
    Ack, Announcement, Callback, Change, DispatcherId, DispatcherReport, Held, Requeue,
};
use photo_core::{JobState, UnixMillis};
use uuid::Uuid;

use crate::contract::scene::{
    Scene, assert_due, error, failure, ids, image, job, model, release, retry, success,
};
use crate::contract::{Harness, LEASE, RETENTION};

const HOUR: Duration = Duration::from_hours(1);
const PAUSE: Duration = Duration::from_secs(30);

/// The time is noted at least so often, and what passed since may count once more when the clock is
/// set back.
const NOTED: Duration = Duration::from_secs(2);

pub async fn a_lease_runs_out_although_the_clock_was_set_back<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.running(&job(1, "m")).await;
    scene.running(&job(1, "n")).await;
    scene.set_back(HOUR);
    assert_eq!(scene.store.tick().await.unwrap().expired, 0, "no time has passed");
    scene.advance(LEASE + NOTED);
    assert_eq!(ids(&scene.claim("m", 2).await), [job(1, "m")]);
    assert_eq!(scene.store.tick().await.unwrap().expired, 1);
    assert_eq!(scene.state(&job(1, "n")).await, JobState::Queued);
}

pub async fn an_extended_lease_holds_although_the_clock_was_set_back<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    for _ in 0..3 {
        scene.set_back(HOUR);
        scene.advance(LEASE / 2);
        let held = scene.store.extend(std::slice::from_ref(&lease), LEASE).await.unwrap();
        assert_eq!(held, [Held::Extended]);
        assert_eq!(scene.store.tick().await.unwrap().expired, 0);
    }
    assert_eq!(scene.finish(&lease, success("1")).await, Ack::Recorded);
}

pub async fn a_retry_comes_due_although_the_clock_was_set_back<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    let since = Instant::now();
    scene.finish(&lease, retry(PAUSE)).await;
    scene.set_back(HOUR);
    let nothing = scene.claim_as(scene.dispatcher, "m", 1, 1).await;
    assert_eq!(nothing.jobs, []);
    // A little longer at most, see `NOTED`.
    assert_due(nothing.next_due.map(|due| due.min(PAUSE)), PAUSE, since);
    scene.advance(PAUSE + NOTED);
    assert_eq!(scene.claim_one("m").await.failures, 1);
}

pub async fn what_is_said_for_a_while_ends_although_the_clock_was_set_back<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let url = "http://a:1".to_owned();
    let announcement = Announcement { model: model("m"), url, lifetime: PAUSE, from: None };
    scene.store.announce(&announcement).await.unwrap();
    scene.store.hold(&model("m"), Some(&error("down")), PAUSE).await.unwrap();
    let report = DispatcherReport {
        id: DispatcherId::random(),
        host: "host".to_owned(),
        pid: 1,
        version: "1".to_owned(),
        started_at: UnixMillis(0),
        in_flight: 0,
        stopping: false,
        endpoints: Vec::new(),
    };
    scene.store.report(&report, PAUSE).await.unwrap();
    scene.set_back(HOUR);
    let known = scene.store.models().await.unwrap().remove(0);
    assert!(known.endpoints.len() == 1 && known.hold.is_some());
    assert_eq!(scene.store.dispatchers().await.unwrap().len(), 1);
    // Something is written every second.
    scene.store.tick().await.unwrap();
    scene.advance(PAUSE + NOTED);
    let known = scene.store.models().await.unwrap().remove(0);
    assert!(known.endpoints.is_empty() && known.hold.is_none(), "{known:?}");
    assert_eq!(scene.store.dispatchers().await.unwrap(), []);
}

pub async fn retention_goes_on_although_the_clock_was_set_back<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.failed(&job(1, "m")).await;
    scene.set_back(RETENTION * 5);
    scene.failed(&job(2, "m")).await;
    scene.advance(RETENTION + NOTED);
    scene.store.tick().await.unwrap();
    assert_eq!(scene.stats("m").await.failed, 0);
    let oldest = Requeue::Oldest { model: model("m"), count: 10 };
    assert_eq!(scene.store.requeue(&oldest).await.unwrap(), 0);
}

pub async fn a_callback_is_due_again_although_the_clock_was_set_back<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.succeeded(&job(1, "m")).await;
    let url = "http://a/hook".to_owned();
    let callback = Callback { id: Uuid::new_v4(), image: image(1), models: Vec::new(), url };
    scene.store.keep_callbacks(std::slice::from_ref(&callback)).await.unwrap();
    assert_eq!(scene.store.lease_callbacks(1, PAUSE).await.unwrap().len(), 1);
    scene.set_back(HOUR);
    assert_eq!(scene.store.lease_callbacks(1, PAUSE).await.unwrap(), []);
    scene.advance(PAUSE + NOTED);
    assert_eq!(scene.store.lease_callbacks(1, PAUSE).await.unwrap().len(), 1);
}

pub async fn a_clock_set_forward_and_back_again_stops_nothing<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.set_forward(HOUR);
    let lease = scene.running(&job(1, "m")).await;
    scene.set_back(HOUR);
    scene.finish(&lease, retry(PAUSE)).await;
    assert_eq!(scene.claim("m", 1).await, []);
    scene.advance(PAUSE);
    let claimed = scene.claim_one("m").await;
    assert!(claimed.lease.fence > lease.fence);
    scene.advance(LEASE);
    assert_eq!(scene.store.tick().await.unwrap().expired, 1);
}

pub async fn a_clock_that_is_set_back_again_and_again_stops_nothing<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    scene.finish(&lease, retry(PAUSE)).await;
    for _ in 0..35 {
        scene.set_back(Duration::from_mins(1));
        scene.store.tick().await.unwrap();
        scene.advance(Duration::from_secs(1));
        scene.store.tick().await.unwrap();
    }
    assert_eq!(scene.state(&job(1, "m")).await, JobState::Queued);
}

pub async fn times_that_are_told_are_those_of_the_clock<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let before = scene.running(&job(1, "m")).await;
    scene.set_back(HOUR);
    scene.submit(&[job(2, "m")]).await;
    let early = scene.view(&job(1, "m")).await;
    let late = scene.view(&job(2, "m")).await;
    assert!(late.submitted_at.0 + 3_000_000 < early.submitted_at.0, "an hour earlier");
    let lease = scene.claim_one("m").await.lease;
    assert!(lease.fence > before.fence, "fences grow all the same");
    let running = scene.view(&job(2, "m")).await;
    assert!(running.started_at.unwrap() <= running.changed_at);
    assert!(running.started_at.unwrap().0 + 3_000_000 < early.started_at.unwrap().0);
    scene.finish(&lease, retry(PAUSE)).await;
    let waiting = scene.view(&job(2, "m")).await;
    let due_after = waiting.due_at.unwrap().0 - waiting.changed_at.0;
    assert!((30_000..=31_000).contains(&due_after), "{waiting:?}");
}

pub async fn a_job_never_ended_before_it_began<H: Harness>() {
    let scene = Scene::<H>::start().await;
    for (number, ending) in (1..).zip([success("1"), failure("no good"), release(Duration::ZERO)]) {
        let lease = scene.running(&job(number, "m")).await;
        scene.set_back(HOUR);
        scene.finish(&lease, ending).await;
        let view = scene.view(&job(number, "m")).await;
        assert!(view.started_at.unwrap() <= view.changed_at, "{view:?}");
        scene.store.cancel(image(number), None).await.unwrap();
    }
    // Fences are ahead of the clock for an hour from now on.
    scene.succeeded(&job(4, "m")).await;
    let view = scene.view(&job(4, "m")).await;
    assert!(view.started_at.unwrap() <= view.changed_at, "{view:?}");
}

pub async fn the_time_in_which_changes_are_told_only_grows<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let mut changes = scene.store.changes().await;
    scene.store.tick().await.unwrap();
    let (mut last, mut ahead) = (0, Duration::ZERO);
    for number in 1..5 {
        scene.advance(NOTED);
        scene.set_back(HOUR);
        scene.submit(&[job(number, "m")]).await;
        let at = loop {
            if let Change::Images { at, .. } = changes.recv().await.unwrap() {
                break at.0;
            }
        };
        assert!(at >= last, "{at} comes after {last}");
        let time = scene.store.time().await.unwrap();
        assert!(time.now.0 >= at && time.ahead > ahead, "{time:?}");
        (last, ahead) = (at, time.ahead);
    }
    assert!(ahead > HOUR * 3 && ahead <= HOUR * 4);
}
