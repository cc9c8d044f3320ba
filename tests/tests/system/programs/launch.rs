//! What a person is told who starts a program wrongly.

use deadpool_redis::redis::{Client, Commands};
use photo_tests::program::Program;
use photo_tests::redis_server::RedisServer;

fn complaint(name: &str, args: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(name, folder.path(), args);
    program.wait_for_line(": ");
    let log = program.ended();
    assert!(!log.0.success(), "{}", log.1);
    log.1
}

#[test]
fn the_embedded_store_is_refused_where_several_processes_work() {
    for name in ["api", "dispatcher"] {
        let why = complaint(name, &["--store", "sqlite:data/jobs.db"]);
        assert!(why.contains("standalone") && why.contains("redis://"), "{name}: {why}");
    }
}

#[test]
fn an_unknown_setting_stops_the_start_and_names_the_nearest() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("photo.toml");
    std::fs::write(&file, "[api]\nlisten_to = \"0.0.0.0:5000\"\n").unwrap();
    let file = file.display().to_string();
    for name in ["api", "dispatcher", "standalone"] {
        let why = complaint(name, &["--config", &file]);
        assert!(why.contains("api.listen_to") && why.contains("`listen`"), "{name}: {why}");
    }
}

#[test]
fn data_of_a_newer_release_is_refused_with_what_to_start() {
    let redis = RedisServer::start();
    let mut keys = Client::open(redis.url()).unwrap().get_connection().unwrap();
    keys.set::<_, _, ()>("{photo}:v", "9").unwrap();
    for name in ["api", "dispatcher"] {
        let why = complaint(name, &["--store", &redis.url()]);
        assert!(why.contains("have layout 9") && why.contains("Start that release"), "{why}");
    }

    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("jobs.db");
    let connection = rusqlite::Connection::open(&database).unwrap();
    connection.pragma_update(None, "user_version", 9).unwrap();
    let images = folder.path().join("images");
    std::fs::create_dir(&images).unwrap();
    let (store, images) =
        (format!("sqlite:{}", database.display()), format!("file:{}", images.display()));
    let why = complaint("standalone", &["--store", &store, "--images", &images]);
    assert!(why.contains("jobs.db was written by a newer release"), "{why}");
    assert!(why.contains("Start that release"), "{why}");

    std::fs::write(folder.path().join("images/.layout"), "9\n").unwrap();
    let why = complaint("standalone", &["--store", &store, "--images", &images]);
    assert!(why.contains("version 9 of its layout"), "{why}");
    assert!(why.contains("Start that release"), "{why}");
}

#[test]
fn a_redis_that_may_drop_jobs_is_refused() {
    let redis = RedisServer::start_with(&["--maxmemory-policy", "allkeys-lru"]);
    for name in ["api", "dispatcher"] {
        let why = complaint(name, &["--store", &redis.url()]);
        assert!(why.contains("noeviction"), "{name}: {why}");
    }
}
