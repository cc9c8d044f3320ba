//! `photoctl submit` with a server that does what it should.

use std::os::unix::fs::symlink;

use photo_tests::photos::{bmp, bmp_of};
use serde_json::json;

use crate::fake::Fake;
use crate::run::{Folder, hash};

#[tokio::test(flavor = "multi_thread")]
async fn every_photo_of_a_folder_is_sent_once_and_a_second_run_sends_nothing() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(300));
    let submit = ["submit", "photos", "--model", "color,shape"];
    let first = folder.run(&fake.url, &submit).await;
    first.ends_with(0).says(&["300 photos submitted: 300 sent", "600 new jobs in line"]);
    let mut lines: Vec<&str> = first.stdout.lines().collect();
    lines.sort_by_key(|line| line.rsplit_once("  ").unwrap().1);
    let expected = (0..300).map(|number| format!("{}  photos/{number:04}.bmp", hash(&bmp(number))));
    assert!(lines.iter().copied().eq(expected), "{}", first.stdout);
    assert_eq!(fake.state().jobs.len(), 600);
    assert!(fake.state().received.values().all(|times| *times == 1));

    let second = folder.run(&fake.url, &submit).await;
    second.ends_with(0).says(&["300 photos submitted: 300 with nothing to do; 0 new jobs"]);
    assert_eq!(second.stdout.lines().count(), 300);
    assert_eq!(fake.state().forms.iter().sum::<usize>(), 300);
    assert_eq!(fake.state().by_hash, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_has_is_submitted_by_its_hash() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(20));
    folder.run(&fake.url, &["submit", "photos", "-m", "color"]).await.ends_with(0);
    let more = ["submit", "photos", "-m", "color", "-m", "shape", "--priority", "high"];
    let done = folder.run(&fake.url, &more).await;
    done.ends_with(0).says(&["20 photos submitted: 20 on the server before; 20 new jobs in line"]);
    assert_eq!(fake.state().by_hash, 20);
    let asked = json!({"models": ["color", "shape"], "priority": "high", "rerun": false,
                       "callback": null});
    assert_eq!(fake.state().asked, asked);
    assert!(fake.state().received.values().all(|times| *times == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rerun_and_a_callback_are_asked_for_also_where_nothing_is_missing() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(5));
    let to = "http://example.org/?a=b&c";
    let submit = ["submit", "photos", "-m", "color", "--callback", to];
    folder.run(&fake.url, &submit).await.ends_with(0);
    assert_eq!(fake.state().asked["callback"], to);
    assert_eq!(fake.state().asked["priority"], "normal");
    let again = ["submit", "photos", "-m", "color", "--rerun"];
    folder.run(&fake.url, &again).await.ends_with(0).says(&["5 new jobs in line"]);
    assert_eq!(fake.state().by_hash, 5);
    assert_eq!(fake.state().asked["rerun"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_no_photos_and_photos_that_are_there_twice_are_left_out() {
    let (fake, folder) = (Fake::start(), Folder::new());
    folder.write("photos/a.txt", &bmp(1));
    folder.write("photos/b.txt", b"no photo");
    folder.write("photos/c", b"");
    folder.write("photos/copy.bmp", &bmp(1));
    folder.write("photos/.hidden.bmp", &bmp(2));
    folder.write("photos/below/d.bmp", &bmp(3));
    symlink("..", folder.path().join("photos/below/loop")).unwrap();

    let flat = folder.run(&fake.url, &["submit", "photos", "-m", "color"]).await;
    flat.ends_with(0).says(&[
        "1 photo submitted: 1 sent",
        "1 of the same content left out",
        "2 that are no photos left out",
        "1 folder not looked into (--recursive does)",
    ]);
    // Both names of the one photo are on the list.
    assert_eq!(flat.stdout.lines().count(), 2);
    assert!(!flat.stderr.contains("b.txt"), "{}", flat.stderr);

    let args = ["submit", "photos", "-rv", "--hidden", "-m", "color"];
    let deep = folder.run(&fake.url, &args).await;
    deep.ends_with(0).says(&[
        "photos/b.txt is no photo",
        "photos/below/loop leads back to a folder that it is in",
        "photos/copy.bmp has the same content as another photo",
        "3 photos submitted: 2 sent",
    ]);
    assert_eq!(fake.state().photos.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_small_photos_share_requests_and_large_ones_do_not() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(500));
    let submit = ["submit", "photos", "-m", "color", "--uploads", "1", "--quiet"];
    let done = folder.run(&fake.url, &submit).await;
    assert_eq!(done.ends_with(0).stderr, "");
    let forms = fake.state().forms.clone();
    assert!(forms.len() < 100 && forms.iter().all(|photos| *photos <= 64), "{forms:?}");

    let large = Folder::new();
    for seed in 0..3 {
        large.write(&format!("{seed}.bmp"), &bmp_of(2_400, 2_400, seed));
    }
    large.run(&fake.url, &["submit", ".", "-m", "color"]).await.ends_with(0);
    assert_eq!(fake.state().forms[forms.len()..], [1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_are_told_what_became_of_each_photo() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(2));
    folder.write("photos/copy.bmp", &bmp(0));
    fake.state().unwanted.insert(hash(&bmp(1)));
    let done = folder.run(&fake.url, &["submit", "photos", "-m", "color", "--json"]).await;
    let mut lines = done.ends_with(1).json_lines();
    let summary = lines.pop().unwrap();
    assert_eq!(summary["summary"]["sent"], 1, "{summary}");
    assert_eq!(summary["summary"]["refused"], 1, "{summary}");
    lines.sort_by_key(|line| line["path"].to_string());
    let outcomes: Vec<_> = lines.iter().map(|line| line["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["sent", "refused", "twice"]);
    assert_eq!(lines[0]["jobs"][0]["model"], "color");
    assert_eq!(lines[1]["image"], hash(&bmp(1)));
    assert!(lines[1]["error"].as_str().unwrap().contains("is no good"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_folder_is_no_failure() {
    let folder = Folder::new();
    folder.write("below/a.bmp", &bmp(1));
    // Nothing is asked of a server that is not there.
    let done = folder.run("http://127.0.0.1:9", &["submit", ".", "-m", "color"]).await;
    done.ends_with(0).says(&["0 photos submitted", "--recursive"]);
}
