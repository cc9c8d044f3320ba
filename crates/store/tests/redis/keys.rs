//! What is left in the server: nothing for ever but names and counts.

use std::time::Duration;

use deadpool_redis::redis::{Commands, Connection};
use photo_core::job::{Callback, CallbackEnd, Ending, JobOutcome, Requeue};
use photo_core::ports::JobStore;
use photo_core::{JobId, JobState};
use photo_tests::redis_server::RedisServer;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::scene::{RETENTION, Scene, behind_its_back, ended_before, error, job, report, success};

/// More than a folded image may have.
const LARGE: usize = 5_000;

/// The keys of a job's image and outcome.
fn keys_of(id: &JobId) -> (Vec<u8>, Vec<u8>) {
    let image = id.image.as_bytes().as_slice();
    let record = [b"{photo}:i:", image].concat();
    let outcome = [b"{photo}:r:", image, b":", id.model.as_str().as_bytes()].concat();
    (record, outcome)
}

/// The key that a job's image has once it is folded.
fn folded_key_of(id: &JobId) -> Vec<u8> {
    [b"{photo}:o:", id.image.as_bytes().as_slice()].concat()
}

/// How many milliseconds a key has left; -1 is for ever, -2 no such key.
fn left(redis: &mut Connection, key: &[u8]) -> i64 {
    redis.pttl(key).unwrap()
}

/// Whether a key goes when the retention of what has just ended is over.
fn goes_in_time(redis: &mut Connection, key: &[u8]) -> bool {
    let retention = i64::try_from(RETENTION.as_millis()).unwrap();
    (retention - 60_000..=retention).contains(&left(redis, key))
}

fn large() -> Ending {
    Ending::Succeeded(RawValue::from_string(format!("\"{}\"", "x".repeat(LARGE))).unwrap())
}

#[tokio::test]
async fn a_finished_image_goes_with_its_retention_and_stays_once_it_is_asked_for_again() {
    let server = RedisServer::start();
    let mut redis = behind_its_back(&server);
    let scene = Scene::on(&server).await;
    let (one, other) = (job(1, "m"), job(1, "n"));
    let ((record, outcome), (_, other_outcome)) = (keys_of(&one), keys_of(&other));

    scene.submit(&[one.clone(), other.clone()]).await.unwrap();
    let lease = scene.claim("m", 1).await.unwrap().remove(0).lease;
    scene.finish(&lease, large()).await.unwrap();
    assert_eq!([left(&mut redis, &record), left(&mut redis, &outcome)], [-1, -1]);

    let lease = scene.claim("n", 1).await.unwrap().remove(0).lease;
    scene.finish(&lease, Ending::Failed(error())).await.unwrap();
    for key in [&record, &outcome, &other_outcome] {
        assert!(goes_in_time(&mut redis, key));
    }

    assert_eq!(scene.store.requeue(&Requeue::Jobs(vec![other])).await.unwrap(), 1);
    assert_eq!([left(&mut redis, &record), left(&mut redis, &outcome)], [-1, -1]);
    assert_eq!(left(&mut redis, &other_outcome), -2);
}

#[tokio::test]
async fn a_finished_image_with_short_outcomes_is_one_string_until_it_is_asked_for_again() {
    let server = RedisServer::start();
    let mut redis = behind_its_back(&server);
    let scene = Scene::on(&server).await;
    let (one, other) = (job(1, "m"), job(1, "n"));
    let folded = folded_key_of(&one);
    let ((record, outcome), (_, other_outcome)) = (keys_of(&one), keys_of(&other));
    scene.ended(&one, success()).await;
    assert!(goes_in_time(&mut redis, &folded));

    // Another model, another attempt of that, and again.
    scene.submit(&[one.clone(), other.clone()]).await.unwrap();
    assert_eq!([left(&mut redis, &folded), left(&mut redis, &outcome)], [-2, -1]);
    let lease = scene.claim("n", 1).await.unwrap().remove(0).lease;
    scene.finish(&lease, Ending::Failed(error())).await.unwrap();
    assert!(goes_in_time(&mut redis, &folded));
    for key in [&record, &outcome, &other_outcome] {
        assert_eq!(left(&mut redis, key), -2);
    }
    let jobs = scene.store.status(&[one.image]).await.unwrap().remove(0);
    assert_eq!(jobs[0].result.as_ref().unwrap().get(), "{\"cat\": 0.5}");
    assert_eq!(jobs[1].error, Some(error()));
    let answers = scene.store.cancel(one.image, None).await.unwrap();
    assert_eq!(answers.len(), 2, "both are known and neither is changed: {answers:?}");
    assert!(goes_in_time(&mut redis, &folded));

    assert_eq!(scene.store.requeue(&Requeue::Jobs(vec![other])).await.unwrap(), 1);
    assert_eq!([left(&mut redis, &folded), left(&mut redis, &outcome)], [-2, -1]);
    assert_eq!(left(&mut redis, &other_outcome), -2);
    assert_eq!(scene.state(&one).await, Some(JobState::Succeeded));
}

#[tokio::test]
async fn nothing_stays_for_ever_of_jobs_that_ended() {
    let server = RedisServer::start();
    let mut redis = behind_its_back(&server);
    let scene = Scene::on(&server).await;

    scene.ended(&job(1, "m"), success()).await;
    scene.ended(&job(1, "n"), Ending::Failed(error())).await;
    let later = Duration::from_mins(1);
    scene.ended(&job(2, "m"), Ending::Retry { after: later, error: error() }).await;
    scene.ended(&job(3, "m"), Ending::Release { after: Duration::ZERO, error: None }).await;
    for image in [job(2, "m").image, job(3, "m").image] {
        scene.store.cancel(image, None).await.unwrap();
    }
    for (number, outcome) in [
        (4, JobOutcome::Failed(error())),
        (5, JobOutcome::Cancelled(Some(error()))),
        (6, JobOutcome::Cancelled(None)),
    ] {
        scene.store.restore(&[ended_before(job(number, "m"), outcome)]).await.unwrap();
    }
    let url = "http://receiver/hook".to_owned();
    let callback =
        Callback { id: Uuid::new_v4(), image: job(1, "m").image, models: Vec::new(), url };
    scene.store.keep_callbacks(std::slice::from_ref(&callback)).await.unwrap();
    let due = scene.store.lease_callbacks(1, RETENTION).await.unwrap();
    assert_eq!(due[0].callback, callback);
    scene.store.end_callback(&callback, CallbackEnd::Settled).await.unwrap();
    scene.store.beat().await.unwrap();
    scene.store.report(&report(), Duration::from_secs(10)).await.unwrap();
    // Passes over what the cancelled job left in line.
    assert_eq!(scene.claim("m", 10).await.unwrap(), []);
    assert_eq!(scene.state(&job(2, "m")).await, Some(JobState::Cancelled));

    let mut for_ever: Vec<String> = Vec::new();
    let keys: Vec<Vec<u8>> = redis.keys("*").unwrap();
    for key in keys {
        if left(&mut redis, &key) == -1 {
            for_ever.push(String::from_utf8_lossy(&key).into_owned());
        }
    }
    for_ever.sort();
    // What the store is called, the last fence, the models' names and counts, the store's time, the
    // layout's version, and who waits for work.
    let expected =
        ["b", "f", "m:m", "m:n", "queues", "t", "v", "w:m"].map(|name| format!("{{photo}}:{name}"));
    assert_eq!(for_ever, expected);
}

#[tokio::test]
async fn a_report_of_another_version_hides_no_other() {
    let server = RedisServer::start();
    let mut redis = behind_its_back(&server);
    let scene = Scene::on(&server).await;
    let (strange, known) = (report(), report());
    for report in [&strange, &known] {
        scene.store.report(report, Duration::from_mins(1)).await.unwrap();
    }
    let said = b"\0\0\0\0\0\0{\"id\":1}".as_slice();
    let () = redis.hset("{photo}:reports", strange.id.to_string(), said).unwrap();
    let living = scene.store.dispatchers().await.unwrap();
    assert_eq!(living.iter().map(|it| it.report.id).collect::<Vec<_>>(), [known.id]);
}

#[tokio::test]
async fn a_job_takes_a_few_bytes_of_one_small_hash() {
    let server = RedisServer::start();
    let mut redis = behind_its_back(&server);
    let scene = Scene::on(&server).await;
    let longest = "m".repeat(64);
    scene.submit(&[job(1, &longest), job(1, "n")]).await.unwrap();
    let (record, _) = keys_of(&job(1, "n"));
    assert_eq!(redis.object_encoding::<_, String>(&record).unwrap(), "listpack");
    assert_eq!(redis.hget::<_, _, Vec<u8>>(&record, "n").unwrap().len(), 27);
}

#[tokio::test]
async fn a_restored_outcome_ends_with_its_image_and_not_before() {
    let server = RedisServer::start();
    let mut redis = behind_its_back(&server);
    let scene = Scene::on(&server).await;
    let (restored, unfinished) = (job(1, "m"), job(1, "n"));
    let (record, outcome) = keys_of(&restored);
    scene.submit(std::slice::from_ref(&unfinished)).await.unwrap();
    let failed = ended_before(restored.clone(), JobOutcome::Failed(error()));
    scene.store.restore(&[failed]).await.unwrap();
    assert_eq!([left(&mut redis, &record), left(&mut redis, &outcome)], [-1, -1]);

    let lease = scene.claim("n", 1).await.unwrap().remove(0).lease;
    scene.finish(&lease, success()).await.unwrap();
    assert!(goes_in_time(&mut redis, &folded_key_of(&restored)));
    for key in [&record, &outcome, &keys_of(&unfinished).1] {
        assert_eq!(left(&mut redis, key), -2);
    }
}
