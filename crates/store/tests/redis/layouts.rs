//! Programs that read other layouts of keys: they work side by side, or are told the order of
//! steps.

use deadpool_redis::redis::{Commands, cmd};
use photo_core::job::Ack;
use photo_core::ports::JobStore;
use photo_core::{Clock, JobState};
use photo_store::redis::RedisJobStore;
use photo_store::{Layouts, Settings};
use photo_tests::redis_server::RedisServer;
use tokio::time::timeout;

use super::scene::{DEADLINE, Scene, behind_its_back, job, settings, success};

/// A program that reads these layouts.
async fn program(server: &RedisServer, oldest: u32, newest: u32) -> Scene {
    Scene::with(server, reads(oldest, newest)).await
}

fn reads(oldest: u32, newest: u32) -> Settings {
    Settings { layouts: Layouts { oldest, newest }, ..settings() }
}

async fn refusal(server: &RedisServer, oldest: u32, newest: u32) -> String {
    let settings = reads(oldest, newest);
    RedisJobStore::connect(&server.url(), settings, Clock::default()).await.unwrap_err().to_string()
}

/// The layout of the keys, as they say themselves.
fn layout(server: &RedisServer) -> String {
    behind_its_back(server).get("{photo}:v").unwrap()
}

/// Forgets a program that has ended, as the server does half a minute later.
fn forget_programs_that_read_up_to(newest: u32, server: &RedisServer) {
    let mut redis = behind_its_back(server);
    redis.zrem::<_, _, ()>("{photo}:programs", newest).unwrap();
}

async fn until(reached: impl Fn() -> bool) {
    let waiting = async {
        while !reached() {
            tokio::task::yield_now().await;
        }
    };
    timeout(DEADLINE, waiting).await.unwrap();
}

#[tokio::test]
async fn an_older_and_a_newer_program_work_side_by_side_and_the_layout_is_raised_after_the_older() {
    let server = RedisServer::start();
    let older = program(&server, 1, 1).await;
    let newer = program(&server, 1, 2).await;
    assert_eq!(layout(&server), "1");

    // Each does what the other asks for.
    for (asks, does, id) in [(&older, &newer, job(1, "m")), (&newer, &older, job(2, "m"))] {
        asks.submit(std::slice::from_ref(&id)).await.unwrap();
        let lease = does.claim("m", 1).await.unwrap().remove(0).lease;
        assert_eq!(does.finish(&lease, success()).await.unwrap(), Ack::Recorded);
        assert_eq!(asks.state(&id).await, Some(JobState::Succeeded));
    }
    // A newer one that comes or looks again raises nothing while the older is there.
    drop(program(&server, 1, 2).await);
    assert_eq!(layout(&server), "1");

    drop(older);
    forget_programs_that_read_up_to(1, &server);
    until(|| layout(&server) == "2").await;
    assert_eq!(newer.state(&job(1, "m")).await, Some(JobState::Succeeded));
    let refused = refusal(&server, 1, 1).await;
    assert!(refused.contains("have layout 2, and this program reads layout 1:"), "{refused}");
    assert!(refused.contains("Start that release, or a later one"), "{refused}");
    // The one after it reads the layout without that of the first.
    program(&server, 2, 3).await.store.ping().await.unwrap();
}

#[tokio::test]
async fn a_program_that_no_longer_reads_the_layout_says_what_to_start_and_stop_first() {
    let server = RedisServer::start();
    let _older = program(&server, 1, 1).await;
    let refused = refusal(&server, 2, 3).await;
    assert!(refused.contains("have layout 1, and this program reads layouts 2 to 3:"), "{refused}");
    assert!(refused.contains("First start a release that reads layouts 1 to 2"), "{refused}");
    assert!(refused.contains("then stop every older program"), "{refused}");
    assert_eq!(layout(&server), "1");
}

#[tokio::test]
async fn a_running_program_stops_using_keys_whose_layout_was_raised_without_it() {
    let server = RedisServer::start();
    let older = program(&server, 1, 1).await;
    older.submit(&[job(1, "m")]).await.unwrap();
    // As after a pause in which it was taken for gone.
    behind_its_back(&server).set::<_, _, ()>("{photo}:v", "2").unwrap();
    let told = async {
        loop {
            match older.submit(&[job(2, "m")]).await {
                Ok(_) => tokio::task::yield_now().await,
                Err(error) if error.to_string().contains("have layout 2") => return,
                // In between it has no connection.
                Err(_) => {}
            }
        }
    };
    timeout(DEADLINE, told).await.unwrap();
}

#[tokio::test]
async fn an_idle_program_writes_down_what_it_reads_only_now_and_then() {
    let server = RedisServer::start();
    let _program = program(&server, 1, 1).await;
    let mut redis = behind_its_back(&server);
    let before: u64 = redis.zscore("{photo}:programs", "1").unwrap();
    drop(program(&server, 1, 1).await);
    assert_eq!(redis.zscore::<_, _, u64>("{photo}:programs", "1").unwrap(), before);
    let left: i64 = cmd("PTTL").arg("{photo}:programs").query(&mut redis).unwrap();
    assert!((1..=30_000).contains(&left), "{left}");
}
