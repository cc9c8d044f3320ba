//! Servers that will not do are refused at the start, in words that say what to change.

use std::time::Duration;

use deadpool_redis::redis::{Commands, cmd};
use photo_core::Clock;
use photo_core::ports::{JobStore, StoreError};
use photo_store::redis::{RedisJobStore, Unfit};
use photo_tests::redis_server::RedisServer;
use tokio::time::timeout;

use super::scene::{DEADLINE, Scene, behind_its_back, connect, job, recovers, settings};

fn refusal(connected: Result<RedisJobStore, Unfit>) -> String {
    connected.unwrap_err().to_string()
}

#[tokio::test]
async fn a_server_that_drops_keys_is_refused() {
    let server = RedisServer::start_with(&["--maxmemory-policy", "allkeys-lru"]);
    let reason = refusal(connect(&server).await);
    assert!(reason.contains("`allkeys-lru`"), "{reason}");
    assert!(reason.ends_with("set maxmemory-policy to noeviction"), "{reason}");
}

#[tokio::test]
async fn keys_of_another_layout_are_left_alone() {
    let server = RedisServer::start();
    let mut redis = behind_its_back(&server);
    redis.set::<_, _, ()>("{photo}:v", "2").unwrap();
    let reason = refusal(connect(&server).await);
    assert!(reason.contains("have layout 2,"), "{reason}");
    assert_eq!(redis.keys::<_, Vec<String>>("*").unwrap(), ["{photo}:v"]);
}

#[tokio::test]
async fn a_store_accepts_what_an_earlier_one_left() {
    let server = RedisServer::start();
    connect(&server).await.unwrap();
    connect(&server).await.unwrap().ping().await.unwrap();
}

#[tokio::test]
async fn a_url_that_is_none_is_refused() {
    let connected = RedisJobStore::connect("http://redis", settings(), Clock::default()).await;
    let reason = refusal(connected);
    assert!(reason.starts_with("the Redis URL cannot be used"), "{reason}");
}

#[tokio::test]
async fn a_server_that_is_away_is_used_as_soon_as_it_is_there() {
    let mut server = RedisServer::start();
    server.kill();
    let store = connect(&server).await.unwrap();
    let answer = store.ping().await;
    assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
    server.restart();
    recovers(&store).await;
}

#[tokio::test]
async fn a_server_that_comes_late_and_will_not_do_gets_no_jobs_until_it_does() {
    let mut server = RedisServer::start_with(&["--maxmemory-policy", "allkeys-lru"]);
    server.kill();
    let scene = Scene::on(&server).await;
    server.restart();
    let found_out = async {
        loop {
            let error = scene.submit(&[job(1, "m")]).await.unwrap_err();
            assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
            if error.to_string().contains("set maxmemory-policy to noeviction") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(DEADLINE, found_out).await.unwrap();
    let mut redis = behind_its_back(&server);
    assert_eq!(redis.keys::<_, Vec<String>>("*").unwrap(), [""; 0]);
    let mut mend = cmd("CONFIG");
    mend.arg("SET").arg("maxmemory-policy").arg("noeviction").exec(&mut redis).unwrap();
    recovers(&scene.store).await;
    scene.submit(&[job(1, "m")]).await.unwrap();
}

#[tokio::test]
async fn a_server_that_wants_another_password_is_refused() {
    let server = RedisServer::start();
    let mut redis = behind_its_back(&server);
    cmd("CONFIG").arg("SET").arg("requirepass").arg("secret").exec(&mut redis).unwrap();
    let none = server.url();
    let wrong = none.replace("redis://", "redis://:hunter2@");
    for url in [none.clone(), wrong] {
        let reason = refusal(RedisJobStore::connect(&url, settings(), Clock::default()).await);
        assert!(reason.starts_with("user or password will not do"), "{reason}");
        assert!(!reason.contains("hunter2"), "{reason}");
    }
    let url = none.replace("redis://", "redis://:secret@");
    RedisJobStore::connect(&url, settings(), Clock::default()).await.unwrap();
}
