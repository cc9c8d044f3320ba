//! Waiting for results.

use std::collections::BTreeSet;

use photo_tests::photos::bmp;

use crate::fake::{Fake, Fault};
use crate::run::{Done, Folder, ended, hash};

const SUBMIT: [&str; 5] = ["submit", "photos", "-m", "color", "--wait"];

/// Checks that each of so many photos came once, and well.
#[track_caller]
fn all_came_once(done: &Done, photos: u64) {
    let lines = done.json_lines();
    let images: BTreeSet<&str> = lines.iter().map(|it| it["image"].as_str().unwrap()).collect();
    let expected: Vec<String> = (0..photos).map(|number| hash(&bmp(number))).collect();
    assert_eq!(images, expected.iter().map(String::as_str).collect());
    assert_eq!(lines.len() as u64, photos);
    assert!(lines.iter().all(|it| it["results"]["color"]["number"] == 1.5), "{}", done.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn results_come_as_soon_as_they_are_there() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(100));
    fake.state().is_slow = true;
    let waiting = folder.start(&fake.url, &SUBMIT);
    fake.wait_until(|state| state.photos.len() == 100).await;
    fake.finish_all();
    let done = ended(waiting).await;
    all_came_once(done.ends_with(0), 100);
    done.says(&["100 photos done: 100 succeeded, 0 failed"]);
    let view = &done.json_lines()[0];
    assert!(view["path"].as_str().unwrap().starts_with("photos/"), "{view}");
    assert_eq!(view["jobs"]["color"]["attempts"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_jobs_are_told_by_the_exit_code() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(3));
    let submit = ["submit", "photos", "-m", "color", "-m", "broken", "--wait", "--format", "csv"];
    let done = folder.run(&fake.url, &submit).await;
    done.ends_with(1).says(&["3 photos done: 0 succeeded, 3 failed"]);
    assert_eq!(done.stdout.matches(",broken,FAILED,\"no, \"\"no\"\"\",,").count(), 3);
    // What others want of the photos is not waited for, nor told.
    fake.state().is_slow = true;
    folder.run(&fake.url, &["submit", "photos", "-m", "shape"]).await.ends_with(0);
    let done = folder.run(&fake.url, &SUBMIT).await;
    all_came_once(done.ends_with(0), 3);
    assert!(!done.stdout.contains("shape"), "{}", done.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_the_server_is_waited_for() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(50));
    fake.state().is_slow = true;
    let waiting = folder.start(&fake.url, &SUBMIT);
    fake.wait_until(|state| {
        state.photos.len() == 50 && state.calls.contains_key("/predict/events")
    })
    .await;
    let stopped = fake.stop().await;
    let fake = stopped.start().await;
    fake.finish_all();
    let done = ended(waiting).await;
    all_came_once(done.ends_with(0), 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_events_is_asked_instead() {
    for fault in [Fault::Refuse(404, None), Fault::Refuse(405, None), Fault::LoseAnswer] {
        let (fake, folder) = (Fake::start(), Folder::with_photos(50));
        fake.state().is_slow = true;
        for _ in 0..50 {
            fake.fail("/predict/events", fault.clone());
        }
        for status in [503, 429] {
            fake.fail("/predict/status", Fault::Refuse(status, None));
        }
        let waiting = folder.start(&fake.url, &SUBMIT);
        fake.wait_until(|state| state.calls.get("/predict/status").is_some_and(|it| *it > 2)).await;
        fake.finish_all();
        let done = ended(waiting).await;
        all_came_once(done.ends_with(0), 50);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_break_are_taken_up_where_they_were() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(10));
    for _ in 0..3 {
        fake.fail("/predict/events", Fault::Refuse(503, None));
    }
    all_came_once(folder.run(&fake.url, &SUBMIT).await.ends_with(0), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_ends_when_its_time_is_over_and_says_so() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(4));
    folder.run(&fake.url, &["submit", "photos/0000.bmp", "-m", "color"]).await.ends_with(0);
    fake.state().is_slow = true;
    folder.run(&fake.url, &["submit", "photos", "-m", "color"]).await.ends_with(0);
    let done = folder.run(&fake.url, &["wait", "photos", "--timeout", "1s"]).await;
    done.ends_with(4).says(&[" of 4 photos done, 0 failed"]);
    // The one that is done, if it was told in time.
    assert!(done.json_lines().len() <= 1, "{}", done.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn photos_that_nobody_submitted_are_not_waited_for() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(2));
    folder.run(&fake.url, &["submit", "photos/0000.bmp", "-m", "color"]).await.ends_with(0);
    let done = folder.run(&fake.url, &["wait", "photos", "--json"]).await;
    done.says(&["1 of 2 photos done, 0 failed, 1 not known to the server"]);
    let mut statuses: Vec<_> =
        done.ends_with(1).json_lines().iter().map(|line| line["status"].to_string()).collect();
    statuses.sort();
    assert_eq!(statuses, ["\"SUCCEEDED\"", "\"UNKNOWN\""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_of_other_models_are_not_waited_for_nor_have_a_say() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(2));
    folder.run(&fake.url, &["submit", "photos", "-m", "color"]).await.ends_with(0);
    fake.state().is_slow = true;
    folder.run(&fake.url, &["submit", "photos", "-m", "shape"]).await.ends_with(0);
    let done = folder.run(&fake.url, &["wait", "photos", "-m", "color"]).await;
    done.ends_with(0).says(&["2 of 2 photos done, 0 failed"]);
    assert!(!done.stdout.contains("shape"), "{}", done.stdout);
    // Others' failures are theirs.
    fake.state().is_slow = false;
    folder.run(&fake.url, &["submit", "photos", "-m", "broken"]).await.ends_with(0);
    for command in ["wait", "status", "results"] {
        let done = folder.run(&fake.url, &[command, "photos", "-m", "color"]).await;
        let lines = done.ends_with(0).json_lines();
        assert!(lines.iter().all(|line| line["status"] == "SUCCEEDED"), "{command}: {lines:?}");
    }
}
