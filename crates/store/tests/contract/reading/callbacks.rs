//! Whoever wants to be told once an image is finished is kept until that is done.

use std::time::Duration;

use photo_core::job::{Callback, CallbackEnd, DueCallback, JobOutcome};
use uuid::Uuid;

use crate::contract::Harness;
use crate::contract::scene::ended;
use crate::contract::scene::{Scene, failure, image, job, release, retry, success};

const URL: &str = "http://receiver/hook";
const LEASE: Duration = Duration::from_mins(1);
/// Longer than a lease.
const LATER: Duration = Duration::from_hours(1);

fn callback(number: u32) -> Callback {
    callback_to(number, URL)
}

fn callback_to(number: u32, url: &str) -> Callback {
    Callback { id: Uuid::new_v4(), image: image(number), models: Vec::new(), url: url.to_owned() }
}

fn callback_of(number: u32, models: &[&str]) -> Callback {
    let models = models.iter().map(|name| name.parse().unwrap()).collect();
    Callback { models, ..callback(number) }
}

impl<H: Harness> Scene<H> {
    async fn keep(&self, callback: &Callback) {
        self.store.keep_callbacks(std::slice::from_ref(callback)).await.unwrap();
    }

    async fn due(&self) -> Vec<DueCallback> {
        self.store.lease_callbacks(100, LEASE).await.unwrap()
    }

    async fn due_ids(&self) -> Vec<Uuid> {
        self.due().await.into_iter().map(|due| due.callback.id).collect()
    }

    async fn end(&self, callback: &Callback, end: CallbackEnd) {
        self.store.end_callback(callback, end).await.unwrap();
    }
}

pub async fn a_callback_is_due_once_all_jobs_of_its_image_have_ended<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let first = scene.running(&job(1, "m")).await;
    scene.submit(&[job(1, "n"), job(2, "m")]).await;
    let wanted = callback(1);
    scene.keep(&wanted).await;
    scene.keep(&callback(2)).await;
    assert_eq!(scene.due().await, []);
    scene.finish(&first, success("1")).await;
    assert_eq!(scene.due().await, [], "another job of the image is in line");
    let second = scene.claim_one("n").await.lease;
    scene.finish(&second, failure("no good")).await;
    assert_eq!(scene.due().await, [DueCallback { callback: wanted, failures: 0 }]);
}

pub async fn whatever_ends_an_image_makes_its_callbacks_due<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let (cancelled, let_go, given_back) = (callback(1), callback(2), callback(3));
    scene.submit(&[job(1, "m")]).await;
    scene.keep(&cancelled).await;
    scene.cancel(&job(1, "m")).await;
    assert_eq!(scene.due_ids().await, [cancelled.id]);

    scene.submit(&[job(2, "m")]).await;
    let lease = scene.claim("m", 1).await.remove(0).lease;
    scene.keep(&let_go).await;
    scene.cancel(&job(2, "m")).await;
    assert_eq!(scene.due().await, [], "it is only asked for");
    scene.finish(&lease, release(Duration::ZERO)).await;
    assert_eq!(scene.due_ids().await, [let_go.id]);

    let lease = scene.running(&job(3, "m")).await;
    scene.keep(&given_back).await;
    scene.store.restore(&[ended(job(3, "n"), JobOutcome::Cancelled(None))]).await.unwrap();
    assert_eq!(scene.due().await, [], "one of its jobs runs");
    scene.finish(&lease, success("1")).await;
    assert_eq!(scene.due_ids().await, [given_back.id]);
}

pub async fn a_callback_of_a_finished_image_is_due_at_once<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.succeeded(&job(1, "m")).await;
    let (known, unknown) = (callback(1), callback(2));
    scene.keep(&known).await;
    assert_eq!(scene.due_ids().await, [known.id]);
    // Of an image without jobs the store has nothing to wait for.
    scene.keep(&unknown).await;
    assert_eq!(scene.due_ids().await, [unknown.id]);
}

pub async fn the_same_callback_is_kept_once<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.succeeded(&job(1, "m")).await;
    let (first, other) = (callback(1), callback_to(1, "http://receiver/other"));
    let callbacks = [first.clone(), callback(1), other.clone()];
    scene.store.keep_callbacks(&callbacks).await.unwrap();
    scene.keep(&callback(1)).await;
    let mut due = scene.due_ids().await;
    due.sort_unstable();
    let mut expected = [first.id, other.id];
    expected.sort_unstable();
    assert_eq!(due, expected);
    scene.store.keep_callbacks(&[]).await.unwrap();
}

pub async fn a_callback_is_handed_out_once_until_its_lease_is_over<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.succeeded(&job(1, "m")).await;
    let wanted = callback(1);
    scene.keep(&wanted).await;
    assert_eq!(scene.due_ids().await, [wanted.id]);
    assert_eq!(scene.due().await, []);
    scene.advance(LEASE);
    assert_eq!(scene.due().await, [DueCallback { callback: wanted.clone(), failures: 0 }]);
    scene.end(&wanted, CallbackEnd::Settled).await;
    scene.advance(LATER);
    assert_eq!(scene.due().await, []);
}

pub async fn no_more_callbacks_are_handed_out_than_asked_for_and_the_oldest_first<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let mut expected = Vec::new();
    for number in [3, 1, 2] {
        scene.succeeded(&job(number, "m")).await;
        let wanted = callback(number);
        expected.push(wanted.id);
        scene.keep(&wanted).await;
        scene.advance(Duration::from_secs(1));
    }
    let mut handed_out = Vec::new();
    for most in [0, 2, 2] {
        let due = scene.store.lease_callbacks(most, LEASE).await.unwrap();
        assert!(due.len() <= most as usize);
        handed_out.extend(due.into_iter().map(|due| due.callback.id));
    }
    assert_eq!(handed_out, expected);
}

pub async fn a_failed_callback_is_due_again_after_its_time_and_counts<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.succeeded(&job(1, "m")).await;
    let wanted = callback(1);
    scene.keep(&wanted).await;
    for failures in 0..3 {
        assert_eq!(scene.due().await, [DueCallback { callback: wanted.clone(), failures }]);
        scene.end(&wanted, CallbackEnd::Failed { retry_after: LATER }).await;
        scene.advance(LEASE);
        assert_eq!(scene.due().await, []);
        scene.advance(LATER);
    }
}

pub async fn a_callback_that_came_too_early_waits_for_its_image_again<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.succeeded(&job(1, "m")).await;
    let wanted = callback(1);
    scene.keep(&wanted).await;
    assert_eq!(scene.due_ids().await, [wanted.id]);
    scene.rerun(&[job(1, "m")]).await;
    scene.end(&wanted, CallbackEnd::TooEarly { retry_after: LATER }).await;
    scene.advance(LATER * 2);
    assert_eq!(scene.due().await, []);
    let lease = scene.claim_one("m").await.lease;
    scene.finish(&lease, success("2")).await;
    assert_eq!(scene.due().await, [DueCallback { callback: wanted.clone(), failures: 0 }]);
    // The store takes the image for finished, whoever asked for it does not.
    scene.end(&wanted, CallbackEnd::TooEarly { retry_after: LATER }).await;
    assert_eq!(scene.due().await, []);
    scene.advance(LATER);
    assert_eq!(scene.due_ids().await, [wanted.id]);
}

pub async fn an_image_finished_again_does_not_hasten_what_was_handed_out<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.succeeded(&job(1, "m")).await;
    let wanted = callback(1);
    scene.keep(&wanted).await;
    assert_eq!(scene.due_ids().await, [wanted.id]);
    scene.end(&wanted, CallbackEnd::Failed { retry_after: LATER }).await;
    scene.rerun(&[job(1, "m")]).await;
    let lease = scene.claim_one("m").await.lease;
    scene.finish(&lease, success("2")).await;
    assert_eq!(scene.due().await, []);
    scene.advance(LATER);
    assert_eq!(scene.due_ids().await, [wanted.id]);
}

pub async fn what_was_settled_before_is_not_ended_twice<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.succeeded(&job(1, "m")).await;
    let (first, again) = (callback(1), callback(1));
    scene.keep(&first).await;
    scene.end(&first, CallbackEnd::Settled).await;
    scene.end(&first, CallbackEnd::Failed { retry_after: Duration::ZERO }).await;
    assert_eq!(scene.due().await, []);
    // Asked for once more it is another one.
    scene.keep(&again).await;
    for end in [
        CallbackEnd::Settled,
        CallbackEnd::Failed { retry_after: LATER },
        CallbackEnd::TooEarly { retry_after: LATER },
    ] {
        scene.end(&first, end).await;
    }
    assert_eq!(scene.due().await, [DueCallback { callback: again, failures: 0 }]);
}

pub async fn what_goes_back_in_line_makes_nothing_due<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    scene.keep(&callback(1)).await;
    scene.finish(&lease, retry(Duration::from_secs(1))).await;
    scene.advance(Duration::from_secs(1));
    scene.claim_one("m").await;
    scene.advance(crate::contract::LEASE);
    scene.store.tick().await.unwrap();
    assert_eq!(scene.due().await, []);
}

pub async fn a_callback_of_some_models_is_due_once_their_jobs_have_ended<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m"), job(1, "n"), job(1, "o")]).await;
    let (one, two, all) = (callback_of(1, &["m"]), callback_of(1, &["m", "n"]), callback(1));
    for wanted in [&one, &two, &all] {
        scene.keep(wanted).await;
    }
    let first = scene.claim_one("m").await.lease;
    assert_eq!(scene.due().await, []);
    scene.finish(&first, success("1")).await;
    assert_eq!(scene.due().await, [DueCallback { callback: one.clone(), failures: 0 }]);
    scene.cancel(&job(1, "n")).await;
    assert_eq!(scene.due_ids().await, [two.id]);
    let last = scene.claim_one("o").await.lease;
    scene.finish(&last, success("1")).await;
    assert_eq!(scene.due_ids().await, [all.id]);
}

pub async fn others_jobs_of_the_image_hold_up_no_callback_of_some_models<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.succeeded(&job(1, "m")).await;
    scene.submit(&[job(1, "n")]).await;
    let (known, unknown, both) =
        (callback_of(1, &["m"]), callback_of(1, &["never"]), callback_of(1, &["m", "n"]));
    for wanted in [&known, &unknown, &both] {
        scene.keep(wanted).await;
    }
    let mut due = scene.due_ids().await;
    due.sort_unstable();
    let mut expected = [known.id, unknown.id];
    expected.sort_unstable();
    assert_eq!(due, expected, "there is nothing to wait for");
    // One that came too early waits for its own jobs alone.
    scene.rerun(&[job(1, "m")]).await;
    scene.end(&known, CallbackEnd::TooEarly { retry_after: LATER }).await;
    scene.end(&unknown, CallbackEnd::Settled).await;
    scene.advance(LATER * 2);
    assert_eq!(scene.due().await, []);
    let lease = scene.claim_one("m").await.lease;
    scene.finish(&lease, success("2")).await;
    assert_eq!(scene.due_ids().await, [known.id]);
}

pub async fn callbacks_of_other_models_to_the_same_address_are_others<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.succeeded(&job(1, "m")).await;
    let (some, all) = (callback_of(1, &["m"]), callback(1));
    scene.store.keep_callbacks(&[some.clone(), callback_of(1, &["m"]), all.clone()]).await.unwrap();
    let mut due = scene.due_ids().await;
    due.sort_unstable();
    let mut expected = [some.id, all.id];
    expected.sort_unstable();
    assert_eq!(due, expected);
    scene.end(&some, CallbackEnd::Settled).await;
    scene.end(&all, CallbackEnd::Failed { retry_after: Duration::ZERO }).await;
    assert_eq!(scene.due().await, [DueCallback { callback: all, failures: 1 }]);
}
