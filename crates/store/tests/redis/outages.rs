//! A server that dies or freezes: every call fails soon, and everything works again by itself.

use std::future::Future;
use std::time::{Duration, Instant};

use deadpool_redis::redis::cmd;
use photo_core::JobState;
use photo_core::job::{Ack, Change, Ending, Held, Wake};
use photo_core::ports::{JobStore, StoreError};
use photo_tests::redis_server::RedisServer;
use photo_tests::wire::Wire;
use serde_json::value::RawValue;
use tokio::time::timeout;

use super::scene::{DEADLINE, Scene, behind_its_back, job, recovers, settings, success};

/// The longest a call takes to fail: three seconds for an answer that does not come, or two for a
/// connection, and some for a busy machine.
const SOON: Duration = Duration::from_secs(9);

/// That the call fails soon because the server is away.
async fn fails_soon<T>(call: impl Future<Output = Result<T, StoreError>>) {
    let asked = Instant::now();
    let answer = call.await;
    assert!(matches!(answer, Err(StoreError::Unavailable(_))));
    assert!(asked.elapsed() < SOON, "{:?}", asked.elapsed());
}

#[tokio::test]
async fn jobs_outlive_a_server_that_is_killed() {
    let mut server = RedisServer::start_with(&["--appendonly", "yes", "--appendfsync", "always"]);
    let scene = Scene::on(&server).await;
    let mut wakes = scene.store.wakes(scene.dispatcher).await;
    assert_eq!(wakes.recv().await, Some(Wake::Reset));
    let mut changes = scene.store.changes().await;
    assert_eq!(changes.recv().await, Some(Change::Reset));
    scene.submit(&[job(1, "m"), job(2, "m")]).await.unwrap();
    let lease = scene.claim("m", 1).await.unwrap().remove(0).lease;

    server.kill();
    fails_soon(scene.submit(&[job(3, "m")])).await;
    fails_soon(scene.claim("m", 1)).await;
    fails_soon(scene.finish(&lease, success())).await;
    fails_soon(scene.store.extend(std::slice::from_ref(&lease), DEADLINE)).await;
    fails_soon(scene.store.status(&[job(1, "m").image])).await;
    fails_soon(scene.store.tick()).await;
    fails_soon(scene.store.ping()).await;

    server.restart();
    recovers(&scene.store).await;
    assert_eq!(scene.finish(&lease, success()).await.unwrap(), Ack::Recorded);
    assert_eq!(scene.state(&job(1, "m")).await, Some(JobState::Succeeded));
    assert_eq!(scene.claim("m", 1).await.unwrap()[0].lease.id, job(2, "m"));
    let heard = timeout(DEADLINE, wakes.recv()).await.unwrap();
    assert_eq!(heard, Some(Wake::Reset), "what was published meanwhile may have been missed");
    let reset = async { while changes.recv().await != Some(Change::Reset) {} };
    timeout(DEADLINE, reset).await.unwrap();
}

#[tokio::test]
async fn whoever_follows_a_server_that_is_away_is_told_of_changes_once_it_is_there() {
    let mut server = RedisServer::start();
    let scene = Scene::on(&server).await;
    server.kill();
    let mut changes = scene.store.changes().await;
    server.restart();
    recovers(&scene.store).await;
    assert_eq!(timeout(DEADLINE, changes.recv()).await.unwrap(), Some(Change::Reset));
    scene.submit(&[job(1, "m")]).await.unwrap();
    let heard = timeout(DEADLINE, changes.recv()).await.unwrap();
    let Some(Change::Images { images, .. }) = heard else { panic!("{heard:?}") };
    assert_eq!(images, [job(1, "m").image]);
}

/// Extensions go another way than what may be large.
#[tokio::test]
async fn leases_are_extended_while_a_result_blocks_the_way() {
    const LEASE: Duration = Duration::from_secs(2);
    let server = RedisServer::start();
    let wire = Wire::open(([127, 0, 0, 1], server.port()).into()).await.unwrap();
    let scene = Scene::at(&format!("redis://{}", wire.address), settings()).await;
    let thief = Scene::on(&server).await;
    scene.submit(&[job(1, "m"), job(2, "m")]).await.unwrap();
    let mut leases = scene.claim("m", 2).await.unwrap().into_iter().map(|job| job.lease);
    let (large, held) = (leases.next().unwrap(), [leases.next().unwrap()]);
    scene.store.extend(&held, LEASE).await.unwrap();

    // So many bytes take minutes where a heartbeat takes a tenth of a second.
    let result = RawValue::from_string(format!("\"{}\"", "x".repeat(4 << 20))).unwrap();
    let blocked = scene.finish(&large, Ending::Succeeded(result));
    let extending = async {
        let begun = Instant::now();
        while begun.elapsed() < LEASE * 2 {
            assert_eq!(scene.store.extend(&held, LEASE).await.unwrap(), [Held::Extended]);
            assert_eq!(thief.claim("m", 1).await.unwrap(), []);
        }
    };
    tokio::select! {
        () = wire.slow_down(DEADLINE) => panic!("it did not take that long"),
        (finished, ()) = async { tokio::join!(blocked, extending) } => {
            assert!(matches!(finished, Err(StoreError::Unavailable(_))), "{finished:?}");
        }
    }
    wire.clear();
    recovers(&scene.store).await;
    assert_eq!(scene.finish(&held[0], success()).await.unwrap(), Ack::Recorded);
}

#[tokio::test]
async fn a_frozen_server_keeps_nobody_waiting() {
    let server = RedisServer::start();
    let scene = Scene::on(&server).await;
    scene.submit(&[job(1, "m")]).await.unwrap();

    let (new, images) = ([job(2, "m")], [job(1, "m").image]);
    server.pause();
    tokio::join!(
        fails_soon(scene.submit(&new)),
        fails_soon(scene.claim("m", 1)),
        fails_soon(scene.store.status(&images)),
        fails_soon(scene.store.tick()),
        fails_soon(scene.store.ping()),
    );
    // Once an answer has not come nobody waits for another: one that waited each time would take
    // a quarter of an hour for this.
    let asked = Instant::now();
    for _ in 0..200 {
        fails_soon(scene.submit(&new)).await;
        fails_soon(scene.store.ping()).await;
    }
    assert!(asked.elapsed() < SOON * 2, "{:?}", asked.elapsed());

    server.resume();
    recovers(&scene.store).await;
    // The server may have done what it was asked before it froze, and nobody heard the answer.
    let state = scene.state(&job(1, "m")).await;
    assert!(matches!(state, Some(JobState::Queued | JobState::Running)), "{state:?}");
}

#[tokio::test]
async fn silence_is_noticed_though_nobody_waits_for_an_answer_long_enough() {
    let server = RedisServer::start();
    let scene = Scene::on(&server).await;
    scene.store.ping().await.unwrap();
    server.pause();
    let noticed = async {
        // Whoever asks gives up far sooner than an answer is overdue.
        while timeout(Duration::from_millis(50), scene.store.ping()).await.is_err() {}
    };
    timeout(DEADLINE, noticed).await.unwrap();
    server.resume();
    recovers(&scene.store).await;
}

#[tokio::test]
async fn a_server_that_lets_nobody_write_is_away_and_says_why() {
    let server = RedisServer::start();
    let scene = Scene::on(&server).await;
    let mut redis = behind_its_back(&server);
    let mut tell = |words: &[&str]| cmd(words[0]).arg(&words[1..]).exec(&mut redis).unwrap();
    scene.submit(&[job(1, "m"), job(2, "m")]).await.unwrap();
    let follow_nobody = ["REPLICAOF", "NO", "ONE"];
    let ask_no_replicas = ["CONFIG", "SET", "min-replicas-to-write", "0"];
    for (begin, end, why) in [
        (["REPLICAOF", "127.0.0.1", "1"].as_slice(), follow_nobody.as_slice(), "is a replica"),
        (&["CONFIG", "SET", "min-replicas-to-write", "1"], &ask_no_replicas, "NOREPLICAS"),
    ] {
        let lease = scene.claim("m", 1).await.unwrap().remove(0).lease;
        tell(begin);
        fails_soon(scene.store.ping()).await;
        fails_soon(scene.submit(&[job(3, "m")])).await;
        let error = scene.finish(&lease, success()).await.unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
        tell(end);
        recovers(&scene.store).await;
        assert_eq!(scene.finish(&lease, success()).await.unwrap(), Ack::Recorded);
    }
}
