//! A server that is out of memory takes nothing new, and what is there is worked off.

use std::time::Duration;

use deadpool_redis::redis::{Commands, cmd};
use photo_core::JobState;
use photo_core::job::{Ack, Ending, Finish, Held, JobOutcome, Lease, Requeue, Submitted};
use photo_core::ports::{JobStore, StoreError};
use photo_tests::redis_server::RedisServer;

use super::scene::{DEADLINE, Scene, behind_its_back, ended_before, error, job, report, success};

fn limit_memory(server: &RedisServer, bytes: u32) {
    let mut redis = behind_its_back(server);
    cmd("CONFIG").arg("SET").arg("maxmemory").arg(bytes).exec(&mut redis).unwrap();
}

#[tokio::test]
async fn a_full_server_refuses_new_jobs_and_lets_the_others_finish() {
    let server = RedisServer::start();
    let scene = Scene::on(&server).await;
    scene.ended(&job(1, "m"), Ending::Failed(error())).await;
    scene.submit(&[job(2, "m"), job(3, "m")]).await.unwrap();
    let keys_before: usize = cmd("DBSIZE").query(&mut behind_its_back(&server)).unwrap();
    limit_memory(&server, 1);

    let refused = scene.submit(&[job(4, "m"), job(5, "m")]).await;
    assert!(matches!(refused, Err(StoreError::Full(_))), "{refused:?}");
    let refused = scene.store.requeue(&Requeue::Jobs(vec![job(1, "m")])).await;
    assert!(matches!(refused, Err(StoreError::Full(_))), "{refused:?}");
    let forgotten = ended_before(job(6, "m"), JobOutcome::Failed(error()));
    let refused = scene.store.restore(std::slice::from_ref(&forgotten)).await;
    assert!(matches!(refused, Err(StoreError::Full(_))), "{refused:?}");
    let told = scene.store.ping().await;
    assert!(matches!(told, Err(StoreError::Full(_))), "{told:?}");
    let keys: usize = cmd("DBSIZE").query(&mut behind_its_back(&server)).unwrap();
    assert_eq!(keys, keys_before);

    let lease = scene.claim("m", 1).await.unwrap().remove(0).lease;
    let held = scene.store.extend(std::slice::from_ref(&lease), DEADLINE).await;
    assert_eq!(held.unwrap(), [Held::Extended]);
    assert_eq!(scene.finish(&lease, success()).await.unwrap(), Ack::Recorded);
    assert_eq!(scene.state(&job(2, "m")).await, Some(JobState::Succeeded));
    scene.store.cancel(job(3, "m").image, None).await.unwrap();
    assert_eq!(scene.state(&job(3, "m")).await, Some(JobState::Cancelled));
    scene.store.tick().await.unwrap();
    scene.store.beat().await.unwrap();
    scene.store.report(&report(), DEADLINE).await.unwrap();

    limit_memory(&server, 0);
    assert_eq!(scene.store.restore(&[forgotten]).await.unwrap(), 1);
    assert_eq!(scene.submit(&[job(4, "m")]).await.unwrap(), [Submitted::Queued]);
}

#[tokio::test]
async fn a_server_that_lost_its_scripts_is_sent_them_again() {
    let server = RedisServer::start();
    let scene = Scene::on(&server).await;
    let mut redis = behind_its_back(&server);
    let forget = cmd("SCRIPT").arg("FLUSH").to_owned();

    forget.exec(&mut redis).unwrap();
    scene.submit(&[job(1, "m")]).await.unwrap();
    forget.exec(&mut redis).unwrap();
    let lease = scene.claim("m", 1).await.unwrap().remove(0).lease;
    forget.exec(&mut redis).unwrap();
    assert_eq!(scene.finish(&lease, success()).await.unwrap(), Ack::Recorded);
    forget.exec(&mut redis).unwrap();
    assert_eq!(scene.state(&job(1, "m")).await, Some(JobState::Succeeded));
}

#[tokio::test]
async fn records_removed_by_hand_stop_no_other_job() {
    let server = RedisServer::start();
    let scene = Scene::on(&server).await;
    scene.submit(&[job(1, "m"), job(2, "m"), job(3, "m"), job(4, "m")]).await.unwrap();
    let claimed = scene.claim("m", 3).await.unwrap();
    let retry = Ending::Retry { after: Duration::from_millis(1), error: error() };
    scene.finish(&claimed[1].lease, retry).await.unwrap();
    let mut redis = behind_its_back(&server);
    for number in [1, 2, 4] {
        let record = [b"{photo}:i:".as_slice(), job(number, "m").image.as_bytes()].concat();
        redis.del::<_, ()>(&record).unwrap();
    }
    scene.clock.advance(Duration::from_hours(1));
    // One was running, one waiting and one in line; the third of those that ran is left.
    let claimed = scene.claim("m", 4).await.unwrap();
    assert_eq!(claimed.iter().map(|job| job.lease.id.clone()).collect::<Vec<_>>(), [job(3, "m")]);
    let stats = scene.store.stats(None).await.unwrap().remove(0);
    assert_eq!((stats.queued, stats.waiting, stats.running), ([0; 3], 0, 1));
}

#[tokio::test]
async fn what_another_program_put_under_our_keys_is_reported_as_unreadable() {
    let server = RedisServer::start();
    let scene = Scene::on(&server).await;
    let mut redis = behind_its_back(&server);
    let record = [b"{photo}:i:".as_slice(), job(1, "m").image.as_bytes()].concat();
    redis.hset::<_, _, _, ()>(&record, "m", "nonsense").unwrap();
    let status = scene.store.status(&[job(1, "m").image]).await;
    assert!(matches!(status, Err(StoreError::Corrupt(_))), "{status:?}");
    let submitted = scene.submit(&[job(1, "m")]).await;
    assert!(matches!(submitted, Err(StoreError::Corrupt(_))), "{submitted:?}");
    redis.set::<_, _, ()>("{photo}:q:m:1", "no list").unwrap();
    let submitted = scene.submit(&[job(2, "m")]).await;
    assert!(matches!(submitted, Err(StoreError::Corrupt(_))), "{submitted:?}");
}

#[tokio::test]
async fn a_record_that_only_begins_like_a_finished_one_stops_no_ending() {
    let server = RedisServer::start();
    let scene = Scene::on(&server).await;
    scene.submit(&[job(1, "m"), job(2, "m")]).await.unwrap();
    let leases: Vec<_> =
        scene.claim("m", 2).await.unwrap().into_iter().map(|job| job.lease).collect();
    let record = [b"{photo}:i:".as_slice(), job(1, "n").image.as_bytes()].concat();
    behind_its_back(&server).hset::<_, _, _, ()>(&record, "n", "Short").unwrap();

    let end = |lease: &Lease| Finish { lease: lease.clone(), ending: success() };
    let endings: Vec<Finish> = leases.iter().map(end).collect();
    let finished = scene.store.finish(&endings, None).await.unwrap();
    assert_eq!(finished.acks, [Ack::Recorded, Ack::Recorded]);
    assert_eq!(scene.state(&job(2, "m")).await, Some(JobState::Succeeded));
}

#[tokio::test]
async fn a_record_that_cannot_be_read_stops_no_other_job() {
    let server = RedisServer::start();
    let scene = Scene::on(&server).await;
    let all = [1, 2, 3, 4, 5, 6].map(|number| job(number, "m"));
    scene.submit(&all).await.unwrap();
    let claimed = scene.claim("m", 5).await.unwrap();
    let leases: Vec<_> = claimed.iter().map(|job| job.lease.clone()).collect();
    let retry = || Ending::Retry { after: Duration::from_millis(1), error: error() };
    scene.finish(&leases[3], retry()).await.unwrap();
    scene.finish(&leases[4], retry()).await.unwrap();
    let mut redis = behind_its_back(&server);
    // One of two that run, of two that wait, and the one that is in line.
    for number in [1, 4, 6] {
        let record = [b"{photo}:i:".as_slice(), job(number, "m").image.as_bytes()].concat();
        redis.set::<_, _, ()>(&record, "no hash").unwrap();
    }
    let held = scene.store.extend(&leases[..3], DEADLINE).await.unwrap();
    assert_eq!(held, [Held::Lost, Held::Extended, Held::Extended]);
    let endings = [1, 0, 2].map(|n| Finish { lease: leases[n].clone(), ending: retry() });
    let finished = scene.store.finish(&endings, None).await.unwrap();
    assert_eq!(finished.acks, [Ack::Recorded, Ack::Stale, Ack::Recorded]);
    scene.clock.advance(Duration::from_hours(1));
    let claimed = scene.claim("m", 6).await.unwrap();
    let mut ids: Vec<_> = claimed.iter().map(|job| job.lease.id.clone()).collect();
    ids.sort();
    assert_eq!(ids, [2, 3, 5].map(|number| job(number, "m")));
    scene.store.tick().await.unwrap();
}
