//! `photoctl submit` when things go wrong.

use photo_tests::photos::{bmp, bmp_of};

use crate::cutter::Cutter;
use crate::fake::{Fake, Fault};
use crate::run::{Folder, ended, hash};

const SUBMIT: [&str; 4] = ["submit", "photos", "-m", "color"];

#[tokio::test(flavor = "multi_thread")]
async fn bad_photos_do_not_sink_the_others() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(200));
    let bad: Vec<u64> = (0..200).filter(|number| number % 10 == 3).collect();
    fake.state().unwanted.extend(bad.iter().map(|number| hash(&bmp(*number))));
    let done = folder.run(&fake.url, &SUBMIT).await;
    done.ends_with(1).says(&["180 photos submitted", "20 files not taken"]);
    for number in bad {
        done.says(&[&format!("photos/{number:04}.bmp was refused: it is no good.\n")]);
    }
    assert_eq!(done.stdout.lines().count(), 180);
    let received = fake.state().received.clone();
    assert!(received.values().all(|times| *times <= 2), "{received:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_bad_photos_of_one_refusal_are_named_and_the_others_sent_once_more() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(64));
    let bad: Vec<u64> = (0..64).filter(|number| number % 2 == 1).collect();
    fake.state().unwanted.extend(bad.iter().map(|number| hash(&bmp(*number))));
    fake.state().tells_all_unwanted = true;
    let done = folder.run(&fake.url, &[&SUBMIT[..], &["--uploads", "1"]].concat()).await;
    done.ends_with(1).says(&["32 photos submitted", "32 files not taken"]);
    for number in bad {
        done.says(&[&format!("photos/{number:04}.bmp was refused: it is no good.\n")]);
    }
    assert!(fake.state().received.values().all(|times| *times <= 2));
    // One request more for each in which any was bad, however many they were.
    let calls = fake.state().calls["/predict"] as usize;
    assert!(calls <= 2 * fake.state().forms.len(), "{calls}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_has_no_room_now_is_asked_again() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(50));
    for (status, retry_after) in [(429, Some(1)), (503, None), (507, None), (408, None)] {
        fake.fail("/predict", Fault::Refuse(status, retry_after));
        fake.fail("/predict/check", Fault::Refuse(status, None));
    }
    let began = std::time::Instant::now();
    folder.run(&fake.url, &[&SUBMIT[..], &["--uploads", "1"]].concat()).await.ends_with(0);
    assert!(began.elapsed().as_millis() >= 1_000, "Retry-After was not waited for");
    assert_eq!(fake.state().photos.len(), 50);
    assert!(fake.state().received.values().all(|times| *times == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn photos_whose_answer_was_lost_are_sent_again_and_kept_once() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(50));
    for _ in 0..3 {
        fake.fail("/predict", Fault::LoseAnswer);
    }
    let done = folder.run(&fake.url, &SUBMIT).await;
    done.ends_with(0).says(&["50 photos submitted"]);
    assert_eq!(fake.state().jobs.len(), 50);
    assert_eq!(done.stdout.lines().count(), 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_break_in_the_middle_lose_nothing() {
    let (fake, folder) = (Fake::start(), Folder::new());
    for seed in 0..12 {
        folder.write(&format!("photos/{seed}.bmp"), &bmp_of(400, 400, seed));
    }
    let budgets = vec![0, 100, 1_000, 200_000, 300_000, 100_000, 500_000];
    let cutter = Cutter::start(&fake.url, budgets).await;
    let done = folder.run(&cutter.url, &SUBMIT).await;
    done.ends_with(0).says(&["12 photos submitted"]);
    assert_eq!(cutter.left(), 0);
    let photos: Vec<String> = (0..12).map(|seed| hash(&bmp_of(400, 400, seed))).collect();
    assert!(photos.iter().all(|photo| fake.state().photos.contains(photo)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_too_large_is_parted() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(100));
    fake.state().max_photos = 3;
    folder.run(&fake.url, &SUBMIT).await.ends_with(0);
    assert_eq!(fake.state().photos.len(), 100);
    assert!(fake.state().forms.iter().all(|photos| *photos <= 3));

    folder.run(&fake.url, &["submit", "photos", "-m", "shape"]).await.ends_with(0);
    assert_eq!(fake.state().by_hash, 100);
    fake.state().max_photos = 0;
    let done = folder.run(&fake.url, &["submit", "photos/0000.bmp", "-m", "broken"]).await;
    done.ends_with(1).says(&["photos/0000.bmp was refused: Too many photos."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn photos_that_the_server_loses_between_question_and_request_are_sent() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(30));
    folder.run(&fake.url, &SUBMIT).await.ends_with(0);
    let gate = fake.hold("/predict");
    let more = folder.start(&fake.url, &["submit", "photos", "-m", "shape"]);
    fake.wait_until(|state| state.calls["/predict"] > 1 && state.by_hash == 0).await;
    let lost: Vec<String> = (0..10).map(|number| hash(&bmp(number))).collect();
    fake.state().photos.retain(|photo| !lost.contains(photo));
    gate.add_permits(1);
    ended(more).await.ends_with(0);
    assert_eq!(fake.state().photos.len(), 30);
    assert_eq!(fake.state().jobs.len(), 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_that_vanishes_or_changes_meanwhile_is_told() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(10));
    let gate = fake.hold("/predict/check");
    let submit = folder.start(&fake.url, &[&SUBMIT[..], &["--json"]].concat());
    fake.wait_until(|state| state.calls.contains_key("/predict/check")).await;
    std::fs::remove_file(folder.path().join("photos/0000.bmp")).unwrap();
    // One is shorter than it was, and one another photo of the same length.
    folder.write("photos/0001.bmp", &bmp(1)[..100]);
    folder.write("photos/0002.bmp", &bmp(77));
    gate.add_permits(1);
    // The first photo is asked about alone, perhaps with some that were hashed as quickly.
    let done = ended(submit).await;
    let lines = done.json_lines();
    let line = |name: &str| {
        lines.iter().find(|line| line["path"].as_str().is_some_and(|it| it.ends_with(name)))
    };
    // Whatever was hashed before it changed must not be told as something that the server has not.
    assert_eq!(line("0000.bmp").unwrap()["outcome"], "refused");
    done.ends_with(1).says(&["photos/0000.bmp cannot be read"]);
    for line in &lines {
        if line["outcome"] == "sent" {
            assert!(fake.state().photos.contains(line["image"].as_str().unwrap()), "{line}");
        }
    }
    let good = lines.iter().filter(|line| line["outcome"] == "sent").count();
    assert!(good >= 8, "{lines:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stays_away_is_given_up() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(3));
    for _ in 0..100 {
        fake.fail("/predict", Fault::Refuse(503, None));
    }
    let done = folder.run(&fake.url, &[&SUBMIT[..], &["--give-up-after", "2s"]].concat()).await;
    done.ends_with(3).says(&[
        "It is refused for a test.; trying again",
        "gave up after 2s",
        "the same command goes on",
    ]);
    assert!(fake.state().photos.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_answers_is_given_up() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(3));
    let _gates: Vec<_> = (0..20).map(|_| fake.hold("/predict")).collect();
    folder.write("photo.toml", b"[photoctl]\ngive_up_after = \"500ms\"\n");
    let done = folder.run(&fake.url, &SUBMIT).await;
    done.ends_with(3).says(&["nothing came or went for 500ms", "gave up after 500ms"]);
    // The flag says more than the file.
    let done = folder.run(&fake.url, &[&SUBMIT[..], &["--give-up-after", "300ms"]].concat()).await;
    done.ends_with(3).says(&["nothing came or went for 300ms", "gave up after 300ms"]);
}
