//! Ctrl-C, and going on after it.

use photo_tests::photos::bmp;

use crate::fake::Fake;
use crate::run::{Folder, ended, hash, interrupt};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_interrupted_goes_on_and_sends_nothing_twice() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(400));
    let submit = ["submit", "photos", "-m", "color", "--uploads", "1"];
    for accepted in [1, 3] {
        // All but the first few requests are not answered.
        for _ in 0..accepted {
            fake.hold("/predict").add_permits(1);
        }
        let gates: Vec<_> = (0..20).map(|_| fake.hold("/predict")).collect();
        let before = fake.state().forms.len();
        let calls = fake.state().calls.get("/predict").map_or(0, |calls| *calls) + accepted;
        let child = folder.start(&fake.url, &submit);
        fake.wait_until(|state| state.calls.get("/predict").is_some_and(|it| *it > calls)).await;
        interrupt(&child);
        let done = ended(child).await;
        done.ends_with(130).says(&["interrupted", "the same command goes on"]);
        let forms = fake.state().forms.len() - before;
        assert_eq!(forms, usize::try_from(accepted).unwrap());
        // Every photo that was told is one that the server has.
        for line in done.stdout.lines() {
            assert!(fake.state().photos.contains(line.split_once(' ').unwrap().0), "{line}");
        }
        drop(gates);
        fake.forget_faults();
    }
    folder.run(&fake.url, &submit).await.ends_with(0).says(&["400 photos submitted"]);
    let state = fake.state();
    assert_eq!(state.photos.len(), 400);
    assert!((0..400).all(|number| state.received[&hash(&bmp(number))] == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_can_be_interrupted_and_taken_up_by_another_command() {
    let (fake, folder) = (Fake::start(), Folder::with_photos(20));
    fake.state().is_slow = true;
    let submit = ["submit", "photos", "-m", "color", "--wait"];
    let child = folder.start(&fake.url, &submit);
    fake.wait_until(|state| state.calls.contains_key("/predict/events")).await;
    interrupt(&child);
    ended(child).await.ends_with(130);

    let waiting = folder.start(&fake.url, &["wait", "photos"]);
    fake.wait_until(|state| state.calls["/predict/events"] > 1).await;
    fake.finish_all();
    let done = ended(waiting).await;
    assert_eq!(done.ends_with(0).json_lines().len(), 20);
}
