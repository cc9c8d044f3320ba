//! Servers that will not do are refused at the start, in words that say what to change.

use std::time::Instant;

use deadpool_redis::redis::{Commands, cmd};
use photo_core::Clock;
use photo_core::ports::{JobStore, StoreError};
use photo_store::redis::{ConnectError, RedisJobStore};
use photo_tests::redis_server::RedisServer;

use super::scene::{DEADLINE, behind_its_back, connect, settings};

fn refusal(connected: Result<RedisJobStore, ConnectError>) -> String {
    match connected {
        Err(ConnectError::Unfit(reason)) => reason,
        other => panic!("{other:?}"),
    }
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
    assert!(reason.contains("layout version 2"), "{reason}");
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
async fn a_server_that_is_away_is_unavailable_at_once() {
    let mut server = RedisServer::start();
    server.kill();
    let asked = Instant::now();
    let connected = connect(&server).await;
    assert!(matches!(connected, Err(ConnectError::Unavailable(StoreError::Unavailable(_)))));
    assert!(asked.elapsed() < DEADLINE);
    server.restart();
    connect(&server).await.unwrap();
}

#[tokio::test]
async fn a_server_that_wants_another_password_is_unavailable_and_says_why() {
    let server = RedisServer::start();
    let mut redis = behind_its_back(&server);
    cmd("CONFIG").arg("SET").arg("requirepass").arg("secret").exec(&mut redis).unwrap();
    let Err(ConnectError::Unavailable(error)) = connect(&server).await else { panic!() };
    assert!(error.to_string().contains("NOAUTH"), "{error}");
    let url = server.url().replace("redis://", "redis://:secret@");
    RedisJobStore::connect(&url, settings(), Clock::default()).await.unwrap();
}
