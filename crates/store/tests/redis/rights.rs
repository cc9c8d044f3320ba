//! Redis users that may not do everything: what they lack is named when a connection is made.

use std::time::Duration;

use deadpool_redis::redis::{Connection, cmd};
use photo_core::job::{
    Announcement, Callback, CallbackEnd, Ending, JobList, JobOutcome, Priority, Requeue,
};
use photo_core::ports::{JobStore, StoreError};
use photo_core::{Clock, JobState};
use photo_store::redis::RedisJobStore;
use photo_tests::redis_server::RedisServer;
use tokio::time::timeout;
use uuid::Uuid;

use super::scene::{
    DEADLINE, Scene, behind_its_back, ended_before, error, job, model, recovers, report, settings,
    success,
};

/// The line of README.md, as far as it grants something.
fn rights_of_the_readme() -> Vec<String> {
    let readme = include_str!("../../../../README.md");
    let line = readme.lines().find(|line| line.starts_with("ACL SETUSER photo ")).unwrap();
    line.split_whitespace().skip(3).map(str::to_owned).collect()
}

fn set_user(redis: &mut Connection, rights: &[impl AsRef<str>]) {
    let mut command = cmd("ACL");
    command.arg("SETUSER").arg("photo");
    for right in rights {
        command.arg(right.as_ref());
    }
    command.exec(redis).unwrap();
}

fn url(server: &RedisServer) -> String {
    server.url().replace("redis://", "redis://photo:PASSWORD@")
}

/// What whoever asks for something is told right after the start.
async fn refusal(server: &RedisServer) -> String {
    let connected = RedisJobStore::connect(&url(server), settings(), Clock::default()).await;
    match connected.unwrap().ping().await {
        Err(StoreError::Unavailable(why)) => why.to_string(),
        answer => panic!("{answer:?}"),
    }
}

/// Does all that can be asked of a store.
async fn do_everything(scene: &Scene) {
    let store = &scene.store;
    scene.ended(&job(1, "m"), success()).await;
    scene.ended(&job(1, "n"), Ending::Failed(error())).await;
    let soon = Duration::from_secs(1);
    scene.ended(&job(2, "m"), Ending::Retry { after: soon, error: error() }).await;
    scene.ended(&job(3, "m"), Ending::Release { after: Duration::ZERO, error: None }).await;
    scene.clock.advance(soon * 2);
    store.tick().await.unwrap();
    scene.submit(&[job(4, "m")]).await.unwrap();
    store.cancel(job(2, "m").image, None).await.unwrap();
    store.cancel(job(4, "m").image, None).await.unwrap();
    store.requeue(&Requeue::Oldest { model: model("n"), count: 1 }).await.unwrap();
    let lease = scene.claim("n", 1).await.unwrap().remove(0).lease;
    store.extend(std::slice::from_ref(&lease), soon).await.unwrap();
    store.cancel(job(1, "n").image, None).await.unwrap();
    scene.clock.advance(soon * 2);
    store.tick().await.unwrap();
    let ended = ended_before(job(5, "m"), JobOutcome::Failed(error()));
    store.restore(&[ended]).await.unwrap();
    store.failures(&model("m"), 10).await.unwrap();
    store.status(&[job(1, "m").image, job(3, "m").image]).await.unwrap();
    store.stats(None).await.unwrap();
    store.queues(None).await.unwrap();
    for list in [JobList::Queued(Priority::Normal), JobList::Waiting, JobList::Running] {
        store.unfinished(&model("m"), list, 0, 10).await.unwrap();
    }
    store.report(&report(), soon).await.unwrap();
    store.dispatchers().await.unwrap();
    let announcement = Announcement {
        model: model("m"),
        url: "http://a:1".to_owned(),
        lifetime: soon,
        from: None,
    };
    store.announce(&announcement).await.unwrap();
    store.renew(std::slice::from_ref(&announcement)).await.unwrap();
    store.announced().await.unwrap();
    store.describe(&model("m"), &serde_json::json!(["cat"])).await.unwrap();
    store.hold(&model("m"), Some(&error()), soon).await.unwrap();
    store.hold(&model("m"), None, soon).await.unwrap();
    store.models().await.unwrap();
    let url = "http://receiver/hook".to_owned();
    let callback =
        Callback { id: Uuid::new_v4(), image: job(1, "m").image, models: Vec::new(), url };
    store.keep_callbacks(std::slice::from_ref(&callback)).await.unwrap();
    store.lease_callbacks(1, soon).await.unwrap();
    store.end_callback(&callback, CallbackEnd::Settled).await.unwrap();
    store.forget_model(&model("n")).await.unwrap();
    store.beat().await.unwrap();
    store.time().await.unwrap();
    store.ping().await.unwrap();
}

#[tokio::test]
async fn the_rights_that_the_readme_lists_are_enough() {
    let server = RedisServer::start();
    let mut redis = behind_its_back(&server);
    set_user(&mut redis, &rights_of_the_readme());
    let scene = Scene::at(&url(&server), settings()).await;
    let mut wakes = scene.store.wakes(scene.dispatcher).await;
    assert!(wakes.recv().await.is_some());
    do_everything(&scene).await;
}

#[tokio::test]
async fn each_right_that_is_missing_is_named() {
    let server = RedisServer::start();
    let mut redis = behind_its_back(&server);
    let rights = rights_of_the_readme();
    set_user(&mut redis, &rights);
    for right in &rights {
        // To choose a database is needed only where another than the first one is named.
        let Some(command) = right.strip_prefix('+').filter(|it| *it != "select") else { continue };
        set_user(&mut redis, &[format!("-{command}")]);
        let reason = refusal(&server).await;
        let expected = format!("the Redis user may not run {}: give", command.to_uppercase());
        assert!(reason.starts_with(&expected), "without {command}: {reason}");
        set_user(&mut redis, &[right]);
    }
}

#[tokio::test]
async fn keys_and_channels_that_are_missing_are_named_and_nothing_is_left_behind() {
    let server = RedisServer::start();
    let mut redis = behind_its_back(&server);
    set_user(&mut redis, &["on", ">PASSWORD", "~*", "+@all"]);
    let reason = refusal(&server).await;
    let expected =
        "the Redis user may not use the channels {photo}:cancel#, {photo}:changes#, {photo}:w#*: ";
    assert!(reason.starts_with(expected), "{reason}");
    set_user(&mut redis, &["allchannels", "resetkeys", "~{photo}", "~{photo}:[^qt]*", "-zadd"]);
    let reason = refusal(&server).await;
    let expected = "the Redis user may not run ZADD; nor use the keys {photo}:q:*, \
                    {photo}:queues, {photo}:t: ";
    assert!(reason.starts_with(expected), "{reason}");
    let keys: Vec<String> = cmd("KEYS").arg("*").query(&mut redis).unwrap();
    assert_eq!(keys, ["{photo}:v"]);
}

#[tokio::test]
async fn a_user_that_loses_its_channels_loses_hints_and_nothing_else() {
    let server = RedisServer::start();
    let mut redis = behind_its_back(&server);
    set_user(&mut redis, &["on", ">PASSWORD", "~*", "+@all", "allchannels"]);
    let scene = Scene::at(&url(&server), settings()).await;
    scene.store.ping().await.unwrap();
    set_user(&mut redis, &["resetchannels"]);
    scene.submit(&[job(1, "m")]).await.unwrap();
    let claimed = scene.claim("m", 1).await.unwrap();
    assert_eq!(claimed[0].lease.id, job(1, "m"));
    scene.finish(&claimed[0].lease, success()).await.unwrap();
    assert_eq!(scene.state(&job(1, "m")).await, Some(JobState::Succeeded));
}

#[tokio::test]
async fn a_user_that_loses_a_command_is_told_which_and_goes_on_once_it_has_it_again() {
    let server = RedisServer::start();
    let mut redis = behind_its_back(&server);
    set_user(&mut redis, &["on", ">PASSWORD", "~*", "+@all", "allchannels"]);
    let scene = Scene::at(&url(&server), settings()).await;
    scene.submit(&[job(1, "m")]).await.unwrap();
    set_user(&mut redis, &["-time"]);
    let told = async {
        loop {
            let error = scene.submit(&[job(2, "m")]).await.unwrap_err();
            assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
            if error.to_string().contains("the Redis user may not run TIME") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(DEADLINE, told).await.unwrap();
    set_user(&mut redis, &["+time"]);
    recovers(&scene.store).await;
    assert_eq!(scene.state(&job(2, "m")).await, None, "nothing of it was done");
    scene.submit(&[job(2, "m")]).await.unwrap();
}

#[tokio::test]
async fn nothing_is_queued_of_what_a_user_that_has_just_lost_a_right_asks_for() {
    let server = RedisServer::start();
    let mut redis = behind_its_back(&server);
    set_user(&mut redis, &["on", ">PASSWORD", "~*", "+@all", "allchannels"]);
    let scene = Scene::at(&url(&server), settings()).await;
    for right in ["sadd", "rpush", "hset"] {
        recovers(&scene.store).await;
        set_user(&mut redis, &[format!("-{right}")]);
        let error = scene.submit(&[job(1, "m")]).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable(_)), "without {right}: {error}");
        set_user(&mut redis, &[format!("+{right}")]);
    }
    recovers(&scene.store).await;
    assert_eq!(scene.state(&job(1, "m")).await, None);
    assert_eq!(scene.claim("m", 10).await.unwrap(), []);
    scene.submit(&[job(1, "m")]).await.unwrap();
    assert_eq!(scene.claim("m", 10).await.unwrap().len(), 1);
}
