//! The table of moves, entry by entry, and all that is not in it.

use std::time::Duration;

use photo_core::JobState;
use photo_core::job::{Ending, Lease, Requeue};
use photo_core::state::JobEvent;

use crate::contract::scene::{Scene, failure, job, release, retry, success};
use crate::contract::{Harness, LEASE, MAX_CRASHES};

const MINUTE: Duration = Duration::from_mins(1);

const EVENTS: [JobEvent; 12] = [
    JobEvent::Submit,
    JobEvent::Rerun,
    JobEvent::Claim,
    JobEvent::Due,
    JobEvent::Succeed,
    JobEvent::Fail,
    JobEvent::HoldBack,
    JobEvent::Release,
    JobEvent::LeaseEnd,
    JobEvent::Poison,
    JobEvent::Cancel,
    JobEvent::Requeue,
];

/// Takes a new job to a state. Answers the last lease that there was of it.
async fn bring<H: Harness>(scene: &Scene<H>, to: JobState, crashes: u8) -> Lease {
    let id = job(1, "m");
    let mut lease = scene.running(&id).await;
    for _ in 0..crashes {
        scene.advance(LEASE);
        lease = scene.claim_one("m").await.lease;
    }
    match to {
        JobState::Running => {}
        JobState::Queued => end(scene, &lease, release(Duration::ZERO)).await,
        JobState::Waiting => end(scene, &lease, retry(MINUTE)).await,
        JobState::Succeeded => end(scene, &lease, success("1")).await,
        JobState::Failed => end(scene, &lease, failure("no good")).await,
        JobState::Cancelled => {
            scene.cancel(&id).await;
            end(scene, &lease, release(Duration::ZERO)).await;
        }
    }
    assert_eq!(scene.state(&id).await, to);
    lease
}

async fn end<H: Harness>(scene: &Scene<H>, lease: &Lease, ending: Ending) {
    scene.finish(lease, ending).await;
}

/// Lets something happen to the job, or tries to.
async fn happen<H: Harness>(scene: &Scene<H>, event: JobEvent, lease: &Lease) {
    let id = job(1, "m");
    match event {
        JobEvent::Submit => drop(scene.submit(&[id]).await),
        JobEvent::Rerun => drop(scene.rerun(&[id]).await),
        JobEvent::Claim => drop(scene.claim("m", 1).await),
        JobEvent::Succeed => end(scene, lease, success("2")).await,
        JobEvent::Fail => end(scene, lease, failure("no good")).await,
        JobEvent::HoldBack => end(scene, lease, retry(MINUTE)).await,
        JobEvent::Release => end(scene, lease, release(Duration::ZERO)).await,
        JobEvent::Due => {
            // Whoever holds the job goes on holding it meanwhile.
            scene.store.extend(std::slice::from_ref(lease), MINUTE * 2).await.unwrap();
            scene.advance(MINUTE);
            scene.store.tick().await.unwrap();
        }
        JobEvent::LeaseEnd | JobEvent::Poison => {
            // Longer than the lease, shorter than the time a waiting job waits.
            scene.advance(LEASE);
            scene.store.tick().await.unwrap();
        }
        JobEvent::Cancel => {
            scene.cancel(&id).await;
            end(scene, lease, release(Duration::ZERO)).await;
        }
        JobEvent::Requeue => {
            scene.store.requeue(&Requeue::Jobs(vec![id])).await.unwrap();
        }
    }
}

pub async fn every_event_takes_every_state_where_the_table_says<H: Harness>() {
    for state in JobState::ALL {
        for event in EVENTS {
            let scene = Scene::<H>::start().await;
            let crashes = if event == JobEvent::Poison { MAX_CRASHES - 1 } else { 0 };
            let lease = bring(&scene, state, crashes).await;
            happen(&scene, event, &lease).await;
            let expected = state.after(event).unwrap_or(state);
            assert_eq!(scene.state(&job(1, "m")).await, expected, "{event:?} in {state}");
        }
    }
}
