//! What operators use.

use photo_tests::photos::bmp;
use serde_json::Value;

use crate::fake::{Fake, Fault};
use crate::run::{Folder, hash};

#[tokio::test(flavor = "multi_thread")]
async fn models_and_queues_are_tables_for_people_and_the_servers_words_for_programs() {
    let (fake, folder) = (Fake::start(), Folder::new());
    let run = async |args: &[&str]| folder.run(&fake.url, args).await;
    assert_eq!(
        run(&["models", "--format", "table"]).await.ends_with(0).stdout,
        "MODEL   QUEUED  RUNNING  WAITING  FAILED  STATE\n\
         color   12,345        4        0       1  ready\n\
         shape   12,345        4        0       1  waits: no connection\\u{1b}[2J\n\
         broken  12,345        4        0       1  not reached yet\n"
    );
    let queues = run(&["queues", "--format", "table"]).await;
    queues.ends_with(0).says(&["1 dispatcher: gpu-1/7 (4 in flight, stopping)"]);
    assert_eq!(
        queues.stdout,
        "MODEL  QUEUED  RUNNING  WAITING  FAILED  PER SECOND  OLDEST  STATE\n\
         color   2,004        4        5       6        12.3  42s     ready\n\
         shape   2,004        4        5       6        12.3  42s     waits: no answer\n"
    );
    for command in ["models", "queues"] {
        let done = run(&[command]).await;
        let document: Value = serde_json::from_str(&done.ends_with(0).stdout).unwrap();
        assert!(document["models"].is_array(), "{document}");
    }
    run(&["queues", "--watch"]).await.ends_with(2).says(&["needs a terminal"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_grouped_and_put_back_in_line() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(2));
    let run = async |args: &[&str]| folder.run(&fake.url, args).await;
    let failures = run(&["failures", "--model", "color", "--format", "table"]).await;
    failures.ends_with(0).says(&["there are more than these"]);
    assert_eq!(
        failures.stdout,
        "MODEL  FAILED  LATEST (UTC)         REASON          FOR EXAMPLE\n\
         color       2  2026-01-01 00:00:00  no image\\nof #  900150983cd24fb0d6963f7d28e17f72\n"
    );
    // The server puts back so many at once.
    let all = run(&["retry", "--model", "color"]).await;
    assert_eq!(all.ends_with(0).stdout, "10007\n");
    let some = run(&["retry", "photos", "--limit", "3"]).await;
    some.ends_with(0).says(&["3 failed jobs queued again"]);
    run(&["retry"]).await.ends_with(2).says(&["no photos are named"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_cancelled() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(1));
    let cancel = ["cancel", "photos", "-m", "color", "--format", "table"];
    let done = folder.run(&fake.url, &cancel).await;
    let image = hash(&bmp(0));
    let expected = format!("PHOTO{}MODEL  STATE\n{image}  color  CANCELLED\n", " ".repeat(29));
    assert_eq!(done.ends_with(0).stdout, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_jobs_of_a_model_are_cancelled_once_somebody_has_said_so() {
    let (fake, folder) = (Fake::start(), Folder::new());
    let run = async |args: &[&str]| folder.run(&fake.url, args).await;
    run(&["cancel", "-m", "color"]).await.ends_with(2).says(&["say so with --yes"]);
    run(&["cancel", "--yes"]).await.ends_with(2).says(&["no photos are named"]);
    assert!(!fake.state().calls.contains_key("/predict/cancel"));
    let done = run(&["cancel", "-m", "color", "--yes"]).await;
    done.ends_with(0).says(&["2,500 jobs cancelled, and 1 running job when"]);
    let lines = done.json_lines();
    assert_eq!(lines.len(), 2_501);
    assert_eq!(
        (&lines[0]["state"], &lines[2_500]["state"]),
        (&"CANCELLED".into(), &"RUNNING".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_of_everything_says_what_it_found() {
    let (fake, folder) = (Fake::start(), Folder::new());
    let run = async |args: &[&str]| folder.run(&fake.url, args).await;
    let looked = run(&["fsck", "--dry-run", "--format", "table"]).await;
    looked.ends_with(1).says(&["without --dry-run it is mended"]);
    assert!(looked.stdout.contains("       1,234  images\n           3  queued again\n"));
    let mended = run(&["fsck"]).await;
    let report: Value = serde_json::from_str(&mended.ends_with(0).stdout).unwrap();
    assert_eq!(report["agree"], true);
    fake.fail("/fsck", Fault::LoseAnswer);
    run(&["fsck"]).await.ends_with(1).says(&["broken off: The job store cannot be reached now."]);
    fake.fail("/fsck", Fault::Refuse(409, None));
    run(&["fsck"]).await.ends_with(3);
}
