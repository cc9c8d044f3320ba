//! Idle dispatchers hear of work. That somebody was *not* told is seen from what came before a
//! cancellation that everybody is told of.

use std::time::{Duration, Instant};

use photo_core::job::{DispatcherId, Requeue, Wake};
use tokio::sync::mpsc;

use crate::contract::scene::{NO_LIMIT, Scene, job, jobs, model, release, retry, success};
use crate::contract::{Harness, LEASE};

/// Far longer than any wake-up takes.
const DEADLINE: Duration = Duration::from_secs(30);

struct Listener {
    id: DispatcherId,
    wakes: mpsc::Receiver<Wake>,
}

impl Listener {
    /// A dispatcher that has heard its first message.
    async fn new<H: Harness>(scene: &Scene<H>) -> Self {
        let id = DispatcherId::random();
        let mut listener = Self { id, wakes: scene.store.wakes(id).await };
        assert_eq!(listener.receive().await, Wake::Reset);
        listener
    }

    /// A dispatcher that asked for one job of `m` and got none.
    async fn idle<H: Harness>(scene: &Scene<H>) -> Self {
        let listener = Self::new(scene).await;
        assert_eq!(scene.claim_as(listener.id, "m", 1, NO_LIMIT).await.jobs, []);
        listener
    }

    async fn receive(&mut self) -> Wake {
        let wake = tokio::time::timeout(DEADLINE, self.wakes.recv()).await;
        wake.expect("a wake-up came in time").expect("the store is there")
    }

    /// The next message that says something: a reset may come at any time.
    async fn next(&mut self) -> Wake {
        loop {
            match self.receive().await {
                Wake::Reset => {}
                wake => return wake,
            }
        }
    }

    async fn is_told_of_work(&mut self) {
        assert_eq!(self.next().await, Wake::Work(model("m")));
    }
}

/// How often each dispatcher was told of work for `m` until now.
async fn told<H: Harness>(scene: &Scene<H>, listeners: &mut [&mut Listener]) -> Vec<usize> {
    let barrier = job(0, &format!("barrier-{}", DispatcherId::random()));
    scene.running(&barrier).await;
    scene.cancel(&barrier).await;
    let mut counts = Vec::new();
    for listener in listeners {
        let mut count = 0;
        loop {
            match listener.next().await {
                Wake::CancelAsked(id) if id == barrier => break,
                Wake::Work(name) => count += usize::from(name == model("m")),
                Wake::CancelAsked(_) | Wake::Reset => {}
            }
        }
        counts.push(count);
    }
    counts
}

pub async fn the_first_message_is_a_reset<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.submit(&[job(1, "m")]).await;
    Listener::new(&scene).await;
}

pub async fn an_idle_dispatcher_is_told_of_new_work<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let mut idle = Listener::idle(&scene).await;
    scene.submit(&[job(1, "m")]).await;
    idle.is_told_of_work().await;
    // Having come back for more it is told again.
    assert_eq!(scene.claim_as(idle.id, "m", 2, NO_LIMIT).await.jobs.len(), 1);
    scene.submit(&[job(2, "m")]).await;
    idle.is_told_of_work().await;
}

pub async fn a_dispatcher_that_got_what_it_wanted_is_not_told<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let mut idle = Listener::idle(&scene).await;
    scene.submit(&[job(1, "m")]).await;
    idle.is_told_of_work().await;
    assert_eq!(scene.claim_as(idle.id, "m", 1, NO_LIMIT).await.jobs.len(), 1);
    scene.submit(&[job(2, "m")]).await;
    assert_eq!(told(&scene, &mut [&mut idle]).await, [0]);
}

pub async fn one_new_job_wakes_one_dispatcher<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let mut first = Listener::idle(&scene).await;
    let mut second = Listener::idle(&scene).await;
    scene.submit(&[job(1, "m")]).await;
    let counts = told(&scene, &mut [&mut first, &mut second]).await;
    assert_eq!(counts.iter().sum::<usize>(), 1, "{counts:?}");
    // The next job wakes the other one.
    scene.submit(&[job(2, "m")]).await;
    let more = told(&scene, &mut [&mut first, &mut second]).await;
    assert_eq!([counts[0] + more[0], counts[1] + more[1]], [1, 1]);
}

pub async fn two_new_jobs_wake_two_dispatchers<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let mut first = Listener::idle(&scene).await;
    let mut second = Listener::idle(&scene).await;
    scene.submit(&jobs([1, 2, 3], "m")).await;
    assert_eq!(told(&scene, &mut [&mut first, &mut second]).await, [1, 1]);
}

pub async fn a_dispatcher_that_is_gone_keeps_no_other_from_the_work<H: Harness>() {
    let scene = Scene::<H>::start().await;
    drop(Listener::idle(&scene).await);
    let mut idle = Listener::idle(&scene).await;
    drop(Listener::idle(&scene).await);
    scene.submit(&[job(1, "m")]).await;
    // A store may notice late that somebody has gone; housekeeping makes up for what was lost.
    let since = Instant::now();
    loop {
        scene.store.tick().await.unwrap();
        match tokio::time::timeout(Duration::from_millis(50), idle.next()).await {
            Ok(wake) => break assert_eq!(wake, Wake::Work(model("m"))),
            Err(_) => assert!(since.elapsed() < DEADLINE, "nobody was told"),
        }
    }
}

pub async fn a_dispatcher_that_was_told_and_died_does_not_hold_up_the_work<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let mut first = Listener::idle(&scene).await;
    let mut second = Listener::idle(&scene).await;
    scene.submit(&[job(1, "m")]).await;
    let counts = told(&scene, &mut [&mut first, &mut second]).await;
    let mut other = if counts[0] > 0 { second } else { first };
    scene.store.tick().await.unwrap();
    other.is_told_of_work().await;
}

pub async fn a_wake_up_names_the_model_that_has_work<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let mut idle = Listener::idle(&scene).await;
    scene.submit(&[job(1, "n")]).await;
    assert_eq!(told(&scene, &mut [&mut idle]).await, [0]);
    assert_eq!(scene.claim_as(idle.id, "o", 1, NO_LIMIT).await.jobs, []);
    scene.submit(&[job(1, "o")]).await;
    assert_eq!(idle.next().await, Wake::Work(model("o")));
}

pub async fn a_free_place_under_the_limit_wakes_a_dispatcher<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    scene.submit(&[job(2, "m")]).await;
    let mut short = Listener::new(&scene).await;
    assert_eq!(scene.claim_as(short.id, "m", 1, 1).await.jobs, []);
    scene.finish(&lease, success("1")).await;
    short.is_told_of_work().await;
}

pub async fn a_released_job_wakes_a_dispatcher<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    let mut idle = Listener::idle(&scene).await;
    scene.finish(&lease, release(Duration::ZERO)).await;
    idle.is_told_of_work().await;
}

pub async fn a_requeued_job_wakes_a_dispatcher<H: Harness>() {
    let scene = Scene::<H>::start().await;
    for number in [1, 2] {
        scene.failed(&job(number, "m")).await;
    }
    for which in [Requeue::Jobs(vec![job(1, "m")]), Requeue::Oldest { model: model("m"), count: 1 }]
    {
        let mut idle = Listener::idle(&scene).await;
        assert_eq!(scene.store.requeue(&which).await.unwrap(), 1);
        idle.is_told_of_work().await;
        scene.claim_one("m").await;
    }
}

pub async fn a_job_that_comes_due_wakes_a_dispatcher<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let lease = scene.running(&job(1, "m")).await;
    scene.finish(&lease, retry(Duration::from_secs(5))).await;
    let mut idle = Listener::idle(&scene).await;
    scene.advance(Duration::from_secs(5));
    assert_eq!(scene.store.tick().await.unwrap().due, 1);
    idle.is_told_of_work().await;
}

pub async fn an_expired_lease_wakes_a_dispatcher<H: Harness>() {
    let scene = Scene::<H>::start().await;
    scene.running(&job(1, "m")).await;
    let mut idle = Listener::idle(&scene).await;
    scene.advance(LEASE);
    assert_eq!(scene.store.tick().await.unwrap().expired, 1);
    idle.is_told_of_work().await;
}

pub async fn every_dispatcher_hears_of_a_cancellation<H: Harness>() {
    let scene = Scene::<H>::start().await;
    let mut first = Listener::new(&scene).await;
    let mut second = Listener::new(&scene).await;
    scene.submit(&[job(1, "n"), job(2, "m")]).await;
    // Cancelled at once: nobody has to let go of it.
    scene.cancel(&job(1, "n")).await;
    let claimed = scene.claim_as(first.id, "m", 1, NO_LIMIT).await.jobs;
    scene.cancel(&claimed[0].lease.id).await;
    for listener in [&mut first, &mut second] {
        assert_eq!(listener.next().await, Wake::CancelAsked(job(2, "m")));
    }
}
