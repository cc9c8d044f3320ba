//! By its beats a server that was emptied, restarted or set back is told from one that was not.

use deadpool_redis::redis::{Commands, cmd};
use photo_core::ports::JobStore;
use photo_tests::redis_server::RedisServer;

use super::scene::{Scene, behind_its_back, connect};

#[tokio::test]
async fn every_beat_counts_whoever_gives_it() {
    let server = RedisServer::start();
    let (one, other) = (connect(&server).await.unwrap(), connect(&server).await.unwrap());
    let first = one.beat().await.unwrap();
    let second = other.beat().await.unwrap();
    let third = one.beat().await.unwrap();
    assert_eq!([first.count, second.count, third.count], [1, 2, 3]);
    assert_eq!((&first.store, &first.server), (&second.store, &second.server));
    assert_eq!(first.server.len(), 40, "{first:?}");
}

#[tokio::test]
async fn a_server_that_was_emptied_is_another_store_with_the_mark_of_our_layout() {
    let server = RedisServer::start();
    let mut redis = behind_its_back(&server);
    let scene = Scene::on(&server).await;
    let before = scene.store.beat().await.unwrap();
    let layout: String = redis.get("{photo}:v").unwrap();
    cmd("FLUSHALL").exec(&mut redis).unwrap();

    let after = scene.store.beat().await.unwrap();
    assert_ne!(after.store, before.store);
    assert_eq!((after.count, after.server), (1, before.server));
    assert_eq!(redis.get::<_, String>("{photo}:v").unwrap(), layout);
    assert_eq!(scene.store.beat().await.unwrap().store, after.store);
}

#[tokio::test]
async fn a_restarted_server_is_the_same_store_on_another_server() {
    let mut server = RedisServer::start_with(&["--appendonly", "yes", "--appendfsync", "always"]);
    let before = connect(&server).await.unwrap().beat().await.unwrap();
    server.kill();
    server.restart();
    let after = connect(&server).await.unwrap().beat().await.unwrap();
    assert_eq!((&after.store, after.count), (&before.store, before.count + 1));
    assert_ne!(after.server, before.server);
}

#[tokio::test]
async fn a_server_that_was_set_back_counts_from_where_it_was() {
    let mut server = RedisServer::start();
    let store = connect(&server).await.unwrap();
    store.beat().await.unwrap();
    cmd("SAVE").exec(&mut behind_its_back(&server)).unwrap();
    store.beat().await.unwrap();
    let before = store.beat().await.unwrap();
    server.kill();
    server.restart();
    let after = connect(&server).await.unwrap().beat().await.unwrap();
    assert_eq!((&after.store, after.count), (&before.store, 2));
    assert_eq!(before.count, 3);
}
