//! Whoever follows the jobs hears which images changed. That something was *not* told is seen from
//! what was told after it.

use std::collections::BTreeSet;
use std::time::Duration;

use photo_core::ImageKey;
use photo_core::job::{Ack, Change, Finish, JobOutcome, Lease, Priority, Requeue, SubmitMode};
use tokio::sync::mpsc;

use crate::contract::scene::ended;
use crate::contract::scene::{
    NO_LIMIT, Scene, failure, image, job, jobs, model, release, request, retry, success,
};
use crate::contract::{Harness, LEASE};

/// Far longer than any hint takes.
const DEADLINE: Duration = Duration::from_secs(30);

struct Follower(mpsc::Receiver<Change>);

impl Follower {
    /// Somebody who has heard the first message.
    async fn new<H: Harness>(scene: &Scene<H>) -> Self {
        let mut follower = Self(scene.store.changes().await);
        assert_eq!(follower.next().await, Change::Reset);
        follower
    }

    async fn next(&mut self) -> Change {
        let change = tokio::time::timeout(DEADLINE, self.0.recv()).await;
        change.expect("a hint came in time").expect("the store is there")
    }

    /// The images of the next hint, by number; whoever reads at once misses none.
    async fn hears(&mut self) -> BTreeSet<ImageKey> {
        let Change::Images { images, .. } = self.next().await else { panic!("nothing was missed") };
        let once: BTreeSet<ImageKey> = images.iter().copied().collect();
        assert_eq!(once.len(), images.len(), "each image is named once");
        once
    }

    async fn hears_of(&mut self, numbers: &[u32]) {
        assert_eq!(self.hears().await, numbers.iter().map(|number| image(*number)).collect());
    }
}

pub async fn the_first_message_is_a_reset<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m")]).await;
    let mut follower = Follower::new(&scene).await;
    scene.submit(&[job(2, "m")]).await;
    follower.hears_of(&[2]).await;
}

pub async fn a_job_is_told_of_on_its_way<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let mut follower = Follower::new(&scene).await;
    for (number, ending) in [
        (1, success("1")),
        (2, failure("no good")),
        (3, retry(Duration::from_hours(1))),
        (4, release(Duration::from_hours(1))),
    ] {
        scene.submit(&[job(number, "m")]).await;
        follower.hears_of(&[number]).await;
        let lease = scene.claim_one("m").await.lease;
        follower.hears_of(&[number]).await;
        scene.finish(&lease, ending).await;
        follower.hears_of(&[number]).await;
    }
    scene.rerun(&[job(1, "m")]).await;
    follower.hears_of(&[1]).await;
}

pub async fn what_is_told_can_be_read<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let mut changes = scene.store.changes().await;
    let mut last = 0;
    for number in 1..=20 {
        scene.submit(&[job(number, "m")]).await;
        while let Some(change) = changes.recv().await {
            let Change::Images { at, images } = change else { continue };
            let jobs = scene.store.status(&images).await.unwrap();
            assert_eq!(jobs[0].len(), 1, "{number}");
            assert!(jobs[0][0].changed_at >= at, "the change is not older than its hint says");
            assert!(at.0 >= last);
            last = at.0;
            break;
        }
    }
}

pub async fn one_call_is_told_once_however_many_jobs_it_changes<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let mut follower = Follower::new(&scene).await;
    let of_two_models = [jobs(1..=3, "m"), jobs(2..=4, "n")].concat();
    scene.submit(&of_two_models).await;
    follower.hears_of(&[1, 2, 3, 4]).await;
    let wants = request(scene.dispatcher, &[("m", 2, NO_LIMIT), ("n", 1, NO_LIMIT)]);
    let claimed = scene.store.claim(&wants).await.unwrap().jobs;
    follower.hears_of(&[1, 2]).await;
    let endings: Vec<Finish> =
        claimed.into_iter().map(|job| Finish { lease: job.lease, ending: success("1") }).collect();
    scene.store.finish(&endings, Some(&wants)).await.unwrap();
    follower.hears_of(&[1, 2, 3]).await;
}

pub async fn cancellations_are_told_asked_for_and_done<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    scene.submit(&[job(2, "m")]).await;
    let mut follower = Follower::new(&scene).await;
    scene.cancel(&job(1, "m")).await;
    follower.hears_of(&[1]).await;
    scene.cancel(&job(2, "m")).await;
    follower.hears_of(&[2]).await;
    scene.finish(&lease, release(Duration::ZERO)).await;
    follower.hears_of(&[1]).await;
}

pub async fn what_comes_back_in_line_is_told<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.failed(&job(1, "m")).await;
    scene.failed(&job(2, "m")).await;
    let mut follower = Follower::new(&scene).await;
    scene.store.requeue(&Requeue::Jobs(vec![job(1, "m")])).await.unwrap();
    follower.hears_of(&[1]).await;
    scene.store.requeue(&Requeue::Oldest { model: model("m"), count: 1 }).await.unwrap();
    follower.hears_of(&[2]).await;
    let leases = scene.claim("m", 2).await;
    follower.hears_of(&[1, 2]).await;
    scene.finish(&leases[0].lease, retry(LEASE)).await;
    follower.hears_of(&[1]).await;
    scene.advance(LEASE);
    scene.store.tick().await.unwrap();
    follower.hears_of(&[1, 2]).await;
}

pub async fn what_is_given_back_is_told<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.succeeded(&job(1, "m")).await;
    let mut follower = Follower::new(&scene).await;
    let known = ended(job(1, "m"), JobOutcome::Cancelled(None));
    let lost = ended(job(2, "m"), JobOutcome::Cancelled(None));
    scene.store.restore(&[known, lost]).await.unwrap();
    follower.hears_of(&[2]).await;
}

pub async fn what_changes_nothing_is_not_told<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    scene.succeeded(&job(2, "m")).await;
    let mut follower = Follower::new(&scene).await;
    scene.submit(&[job(1, "m"), job(2, "m")]).await;
    scene.submit_as(&[job(3, "m")], Priority::Normal, SubmitMode::Look).await;
    scene.store.extend(std::slice::from_ref(&lease), LEASE).await.unwrap();
    assert_eq!(scene.claim("m", 1).await, []);
    scene.store.tick().await.unwrap();
    let stale = Lease { fence: lease.fence - 1, ..lease };
    assert_eq!(scene.finish(&stale, success("1")).await, Ack::Stale);
    scene.cancel(&job(2, "m")).await;
    scene.submit(&[job(4, "m")]).await;
    follower.hears_of(&[4]).await;
}

pub async fn everybody_who_follows_is_told<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let (mut one, mut other) = (Follower::new(&scene).await, Follower::new(&scene).await);
    drop(Follower::new(&scene).await);
    scene.submit(&[job(1, "m")]).await;
    one.hears_of(&[1]).await;
    other.hears_of(&[1]).await;
}

pub async fn a_follower_that_does_not_read_holds_nothing_up_and_is_told_that_it_missed_some<
    H: Harness,
>() {
    let scene = Scene::<H>::start().await;
    let mut follower = Follower::new(&scene).await;
    for number in 0..500 {
        scene.submit(&[job(number, "m")]).await;
    }
    let mut told = 0;
    while follower.next().await != Change::Reset {
        told += 1;
        assert!(told < 500, "it cannot have been told of all");
    }
    scene.submit(&[job(1_000, "m")]).await;
    let last = vec![image(1_000)];
    // What was still on its way may come before it.
    while !matches!(follower.next().await, Change::Images { images, .. } if images == last) {}
}
