//! A failover: another server takes the place of the master, and the store finds it.

use photo_core::JobState;
use photo_core::job::{Ack, Wake};
use photo_core::ports::JobStore;
use photo_store::redis::RedisJobStore;
use photo_tests::redis_trio::RedisTrio;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::scene::{DEADLINE, Scene, job, model, recovers, settings, success};

/// Waits for a wake-up of this kind; others may come before.
async fn hears(wakes: &mut mpsc::Receiver<Wake>, wanted: Wake) {
    let heard = async { while wakes.recv().await.unwrap() != wanted {} };
    timeout(DEADLINE, heard).await.unwrap();
}

#[tokio::test]
async fn jobs_outlive_the_master_and_the_store_finds_the_new_one() {
    let mut trio = RedisTrio::start();
    let scene = Scene::at(&trio.url(), settings()).await;
    let mut wakes = scene.store.wakes(scene.dispatcher).await;
    hears(&mut wakes, Wake::Reset).await;
    let jobs: Vec<_> = (0..50).map(|number| job(number, "m")).collect();
    scene.submit(&jobs).await.unwrap();
    let lease = scene.claim("m", 1).await.unwrap().remove(0).lease;

    trio.replicate(0);
    trio.servers[0].kill();
    recovers(&scene.store).await;
    hears(&mut wakes, Wake::Reset).await;
    assert_eq!(scene.finish(&lease, success()).await.unwrap(), Ack::Recorded);
    assert_eq!(scene.claim("m", 60).await.unwrap().len(), 49);
    assert_eq!(scene.state(&lease.id).await, Some(JobState::Succeeded));
    scene.submit(&[job(50, "m")]).await.unwrap();
    hears(&mut wakes, Wake::Work(model("m"))).await;

    // The old one comes back, and the other goes.
    trio.servers[0].restart();
    trio.wait_for_role(0, "slave");
    trio.replicate(1);
    trio.servers[1].kill();
    recovers(&scene.store).await;
    assert_eq!(scene.state(&lease.id).await, Some(JobState::Succeeded));
    assert_eq!(scene.state(&job(50, "m")).await, Some(JobState::Queued));
}

#[tokio::test]
async fn a_master_that_wakes_up_too_late_is_not_used_again() {
    let trio = RedisTrio::start();
    let scene = Scene::at(&trio.url(), settings()).await;
    // One that asks nothing meanwhile and so keeps its connections.
    let idle = Scene::at(&trio.url(), settings()).await;
    let mut wakes = idle.store.wakes(idle.dispatcher).await;
    hears(&mut wakes, Wake::Reset).await;
    scene.submit(&[job(1, "m")]).await.unwrap();
    trio.replicate(0);

    trio.servers[0].pause();
    recovers(&scene.store).await;
    trio.wait_for_role(1, "master");
    scene.submit(&[job(2, "m")]).await.unwrap();
    hears(&mut wakes, Wake::Reset).await;
    // It finds out by itself, before the old master goes on: that one takes writes until it is told
    // of the other. Each store has two connections for commands.
    trio.wait_for_clients(1, 4);

    trio.servers[0].resume();
    recovers(&idle.store).await;
    idle.submit(&[job(3, "m")]).await.unwrap();
    for store in [&scene, &idle] {
        for number in 1..=3 {
            let state = store.state(&job(number, "m")).await;
            assert_eq!(state, Some(JobState::Queued), "{number}");
        }
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_sentinel_address_is_said() {
    let trio = RedisTrio::start();
    let refusal = async |url: String| {
        let connected = RedisJobStore::connect(&url, settings(), photo_core::Clock::default());
        connected.await.unwrap_err().to_string()
    };
    let why = refusal(trio.url().replace("/trio", "/quartet")).await;
    assert_eq!(why, "the sentinels know no master named `quartet`");
    let why = refusal(trio.url().replace("of-the-sentinels", "hunter2")).await;
    assert!(why.starts_with("a sentinel refused: user or password"), "{why}");
    let why = refusal(trio.url().replace("of-the-servers", "hunter2")).await;
    assert!(why.starts_with("user or password will not do"), "{why}");
}
