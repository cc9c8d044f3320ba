//! Programs on one server: those with one prefix work together, others do not meet.

use std::sync::Arc;
use std::time::Duration;

use deadpool_redis::redis::cmd;
use photo_core::JobState;
use photo_core::job::{DispatcherId, JobOutcome, Wake};
use photo_core::ports::JobStore;
use photo_store::Settings;
use photo_tests::redis_server::RedisServer;
use tokio::runtime::Builder;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::scene::{DEADLINE, Scene, behind_its_back, ended_before, job, model, settings};

async fn next(wakes: &mut mpsc::Receiver<Wake>) -> Wake {
    timeout(DEADLINE, wakes.recv()).await.unwrap().unwrap()
}

#[tokio::test]
async fn jobs_submitted_by_one_program_wake_a_dispatcher_in_another() {
    let server = RedisServer::start();
    let (api, dispatcher) = (Scene::on(&server).await, Scene::on(&server).await);
    let mut wakes = dispatcher.store.wakes(dispatcher.dispatcher).await;
    assert_eq!(next(&mut wakes).await, Wake::Reset);
    assert_eq!(dispatcher.claim("m", 1).await.unwrap(), []);

    api.submit(&[job(1, "m")]).await.unwrap();
    assert_eq!(next(&mut wakes).await, Wake::Work(model("m")));
    let claimed = dispatcher.claim("m", 1).await.unwrap();
    assert_eq!(claimed[0].lease.id, job(1, "m"));

    api.store.cancel(job(1, "m").image, None).await.unwrap();
    assert_eq!(next(&mut wakes).await, Wake::CancelAsked(job(1, "m")));
}

#[tokio::test]
async fn what_a_worker_asks_for_goes_through_no_other_thread() {
    let server = RedisServer::start();
    let scene = Scene::on(&server).await;
    scene.submit(&[job(1, "m")]).await.unwrap();
    let store = Arc::new(scene.store);
    let worker = std::thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let answered = async {
            let store = store.for_worker();
            loop {
                // Before its own connection is there, it asks through the other thread, in vain.
                if let Ok(images) = store.status(&[job(1, "m").image]).await {
                    break images;
                }
                tokio::task::yield_now().await;
            }
        };
        runtime.block_on(async { timeout(DEADLINE, answered).await.unwrap() })
    });
    // Until it has its answer, whatever this thread should do for it is not done.
    let images = worker.join().unwrap();
    assert_eq!(images[0][0].state, JobState::Queued);
}

#[tokio::test]
async fn a_wake_up_that_nobody_hears_goes_to_the_next() {
    let server = RedisServer::start();
    let scene = Scene::on(&server).await;
    let living = DispatcherId::random();
    let mut wakes = scene.store.wakes(living).await;
    assert_eq!(next(&mut wakes).await, Wake::Reset);
    // One that never listened, and one that does; either may be picked for the new job.
    assert_eq!(scene.claim("m", 1).await.unwrap(), []);
    let listening = Scene { dispatcher: living, ..scene };
    assert_eq!(listening.claim("m", 1).await.unwrap(), []);
    listening.submit(&[job(1, "m")]).await.unwrap();
    assert_eq!(next(&mut wakes).await, Wake::Work(model("m")));
}

#[tokio::test]
async fn a_dispatcher_stops_listening_when_its_receiver_is_dropped() {
    let server = RedisServer::start();
    let scene = Scene::on(&server).await;
    let wakes = scene.store.wakes(scene.dispatcher).await;
    let channel = format!("{{photo}}:w#{}", scene.dispatcher);
    let listeners = || {
        let mut question = cmd("PUBSUB");
        let mut redis = behind_its_back(&server);
        let (_, count): (String, u32) =
            question.arg("NUMSUB").arg(&channel).query(&mut redis).unwrap();
        count
    };
    assert_eq!(listeners(), 1);
    drop(wakes);
    let gone = async {
        while listeners() > 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(DEADLINE, gone).await.unwrap();
}

#[tokio::test]
async fn systems_with_other_prefixes_do_not_meet() {
    let server = RedisServer::start();
    let here = Scene::on(&server).await;
    let prefix = "other".to_owned().try_into().unwrap();
    let there = Scene::with(&server, Settings { prefix, ..settings() }).await;

    here.submit(&[job(1, "m")]).await.unwrap();
    assert_eq!(there.claim("m", 1).await.unwrap(), []);
    assert_eq!(there.state(&job(1, "m")).await, None);
    assert_eq!(there.store.stats(None).await.unwrap(), []);
    assert_eq!(here.claim("m", 1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_claim_is_above_a_restored_fence_although_the_clock_was_set_back() {
    let server = RedisServer::start();
    let (ahead, behind) = (Scene::on(&server).await, Scene::on(&server).await);
    ahead.clock.advance(Duration::from_hours(1));
    let mut ended = ended_before(job(1, "m"), JobOutcome::Cancelled(None));
    let started_at = ahead.clock.now();
    ended.started_at = Some(started_at);
    ahead.store.restore(&[ended]).await.unwrap();

    behind.submit(&[job(1, "m")]).await.unwrap();
    assert!(behind.claim("m", 1).await.unwrap()[0].lease.fence > started_at.0 * 1000);
}
