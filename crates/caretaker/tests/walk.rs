//! A walk over real stores: what is lost comes back, and nothing else changes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod world;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use photo_caretaker::{Mode, Report};
use photo_core::JobState;
use photo_core::job::Priority;
use photo_core::ports::ImageStore;
use tokio_util::sync::CancellationToken;

use world::World;
use world::watched_images::WatchedImages;

fn report(images: u64) -> Report {
    Report { images, ..Report::default() }
}

#[tokio::test]
async fn where_job_store_and_records_agree_nothing_is_found() {
    let world = World::new();
    let images = [world.post(1, &["wood", "stone"]).await, world.post(2, &["wood"]).await];
    world.succeed(images[0], "wood", "{\"n\": 1}").await;
    for mode in [Mode::Look, Mode::Mend] {
        assert_eq!(world.check(mode).await, report(2));
    }
    assert_eq!(world.job(images[0], "stone").await.state, JobState::Queued);
}

#[tokio::test]
async fn an_emptied_job_store_is_filled_again() {
    let mut world = World::new();
    let (one, two) = (world.post(1, &["wood", "stone"]).await, world.post(2, &["wood"]).await);
    world.succeed(one, "wood", "{\"n\": 1.50}").await;
    world.fail(two, "wood", "no wood in it").await;
    let before = [world.job(one, "wood").await, world.job(two, "wood").await];
    world.empty_job_store();

    let found = Report { queued_again: 1, given_back: 2, ..report(2) };
    assert_eq!(world.check(Mode::Look).await, found);
    assert!(world.status(one).await.is_empty(), "looking changes nothing");
    assert_eq!(world.check(Mode::Mend).await, found);
    assert_eq!(world.check(Mode::Mend).await, report(2));

    assert_eq!(world.job(one, "stone").await.state, JobState::Queued);
    let after = [world.job(one, "wood").await, world.job(two, "wood").await];
    for (before, after) in before.iter().zip(&after) {
        assert_eq!((before.state, before.attempts), (after.state, after.attempts));
        assert_eq!(before.error, after.error);
        let text =
            |job: &photo_core::job::JobView| job.result.as_ref().map(|it| it.get().to_owned());
        assert_eq!(text(before), text(after));
    }
}

#[tokio::test]
async fn a_walk_that_is_ended_early_has_done_what_lies_behind_it() {
    let mut world = World::new();
    let images = [world.post(1, &["wood"]).await, world.post(2, &["wood"]).await];
    world.empty_job_store();
    // By their hashes they lie on two shelves.
    let shelf = |image: photo_core::ImageKey| u16::from(image.as_bytes()[0]);
    let (first, last) = if shelf(images[0]) < shelf(images[1]) { (0, 1) } else { (1, 0) };
    let end = shelf(images[first]) + 1;
    let until =
        |shelves| if shelves < end { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
    let found = world.check_until(Mode::Mend, until).await;
    assert_eq!(found, Report { queued_again: 1, ..report(1) });
    assert_eq!(world.job(images[first], "wood").await.state, JobState::Queued);
    assert!(world.status(images[last]).await.is_empty());
}

#[tokio::test]
async fn an_ending_that_nobody_wrote_down_is_written_down() {
    let mut world = World::new();
    let image = world.post(1, &["wood", "stone"]).await;
    world.succeed_unwritten(image, "wood", "[1]").await;
    world.cancel(image, "stone").await;
    assert_eq!(world.check(Mode::Mend).await, Report { written_down: 2, ..report(1) });
    world.empty_job_store();
    assert_eq!(world.check(Mode::Mend).await, Report { given_back: 2, ..report(1) });
    assert_eq!(world.job(image, "wood").await.result.unwrap().get(), "[1]");
    assert_eq!(world.job(image, "stone").await.state, JobState::Cancelled);
}

#[tokio::test]
async fn a_job_that_was_done_although_it_was_to_be_cancelled_is_written_down() {
    let mut world = World::new();
    let image = world.post(1, &["wood"]).await;
    world.record_cancelled(image, "wood").await;
    assert_eq!(world.check(Mode::Mend).await, report(1), "it still runs, or is about to");
    world.succeed_unwritten(image, "wood", "[1]").await;
    assert_eq!(world.check(Mode::Mend).await, Report { written_down: 1, ..report(1) });
    assert_eq!(world.check(Mode::Mend).await, report(1));
    world.empty_job_store();
    assert_eq!(world.check(Mode::Mend).await, Report { given_back: 1, ..report(1) });
    assert_eq!(world.job(image, "wood").await.state, JobState::Succeeded);
}

#[tokio::test]
async fn a_job_store_set_back_to_before_a_job_was_asked_for_again_does_it_again() {
    let world = World::new();
    let image = world.post(1, &["wood"]).await;
    world.succeed(image, "wood", "[1]").await;
    // Asked for again a minute later, which the job store was set back to before.
    world.clock.advance(Duration::from_mins(1));
    world.record_rerun(image, 1, "wood").await;
    assert_eq!(world.check(Mode::Mend).await, Report { queued_again: 1, ..report(1) });
    assert_eq!(world.job(image, "wood").await.state, JobState::Queued);
}

#[tokio::test]
async fn results_past_their_time_in_the_job_store_stay_in_the_record_alone() {
    let mut world = World::new();
    let image = world.post(1, &["wood"]).await;
    world.succeed(image, "wood", "[1]").await;
    world.empty_job_store();
    world.clock.advance(Duration::from_hours(31 * 24));
    assert_eq!(world.check(Mode::Mend).await, report(1));
    assert!(world.status(image).await.is_empty());
    assert!(world.record(image).await.jobs["wood"].end.is_some());
}

#[tokio::test]
async fn photos_and_records_go_after_their_retention() {
    let mut world = World::new();
    world.keep(Some(Duration::from_hours(1)), Some(Duration::from_hours(3)));
    let (done, open) = (world.post(1, &["wood"]).await, world.post(2, &["wood"]).await);
    world.succeed(done, "wood", "[1]").await;
    assert_eq!(world.check(Mode::Mend).await, report(2));
    world.clock.advance(Duration::from_hours(2));
    assert_eq!(world.check(Mode::Mend).await, Report { expired_photos: 1, ..report(2) });
    assert!(!world.has_photo(done).await);
    assert!(world.has_photo(open).await, "nobody has looked at it yet");
    assert_eq!(world.check(Mode::Mend).await, report(2));
    world.clock.advance(Duration::from_hours(2));
    assert_eq!(world.check(Mode::Mend).await, Report { expired_records: 1, ..report(2) });
    assert_eq!(world.check(Mode::Mend).await, report(1));
}

#[tokio::test]
async fn thousands_that_expire_together_go_in_small_steps_with_rests_between_them() {
    const PHOTOS: usize = 2_000;
    let mut world = World::new();
    world.keep(Some(Duration::from_hours(1)), None);
    world.walk_every(Duration::from_secs(1));
    world.post_finished(PHOTOS).await;
    let images = Arc::new(WatchedImages::before(Arc::clone(&world.images)));
    let caretaker = world.caretaker_of(Arc::clone(&images) as Arc<dyn ImageStore>);
    let stop = CancellationToken::new();
    let taking_care = tokio::spawn(caretaker.run(stop.clone()));
    eventually("the first walk is over, which is in haste", || images.pace().is_some()).await;
    world.clock.advance(Duration::from_hours(2));
    eventually("all photos have gone", || images.removed() == PHOTOS).await;
    let pace = images.pace().unwrap();
    assert!(pace.steps.iter().all(|images| *images <= 16), "{:?}", pace.steps);
    assert!(pace.steps.len() >= PHOTOS / 16);
    assert!(pace.rested >= 9 * pace.worked, "{:?} and {:?}", pace.rested, pace.worked);
    stop.cancel();
    taking_care.await.unwrap();
}

/// Waits until it is so.
async fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let looking = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let looked = tokio::time::timeout(Duration::from_mins(2), looking).await;
    looked.unwrap_or_else(|_| panic!("never: {what}"));
}

#[tokio::test]
async fn leftovers_go_after_a_day_unless_a_job_needs_them() {
    let mut world = World::new();
    let (orphan, broken_off, lost) = (
        world.post(1, &["wood"]).await,
        world.post(2, &["wood"]).await,
        world.post(3, &["wood"]).await,
    );
    world.empty_job_store();
    world.submit(lost, "wood").await;
    world.remove_record(orphan);
    world.remove_photo(broken_off);
    world.remove_photo(lost);
    assert_eq!(world.check(Mode::Mend).await, report(3));
    world.clock.advance(Duration::from_hours(25));
    assert_eq!(world.check(Mode::Mend).await, Report { orphans: 2, ..report(3) });
    assert!(world.images.record(lost).await.unwrap().is_some());
    assert_eq!(world.check(Mode::Mend).await, report(1));
}

#[tokio::test]
async fn an_unfinished_job_of_which_nothing_else_is_left_is_told() {
    let world = World::new();
    let mut images = Vec::new();
    for photo in 0..3 {
        images.push(world.post(photo, &["wood", "stone"]).await);
    }
    // More than are read at once.
    world.submit_many(1_500, "wood").await;
    world.succeed(images[0], "stone", "[1]").await;
    for image in &images[..2] {
        world.remove_photo(*image);
        world.remove_record(*image);
    }
    let gone = Report { imageless_jobs: 1_500 + 3, ..report(1) };
    for mode in [Mode::Look, Mode::Mend] {
        assert_eq!(world.check(mode).await, gone);
    }
    assert!(gone.has_findings());
}

#[tokio::test]
async fn a_missing_photo_and_an_unreadable_line_are_told() {
    let world = World::new();
    let image = world.post(1, &["wood"]).await;
    world.succeed(image, "wood", "[1]").await;
    world.remove_photo(image);
    world.spoil_record(image);
    let found = Report { missing_photos: 1, unreadable_lines: 1, damaged_records: 1, ..report(1) };
    let mut mended = world.check(Mode::Mend).await;
    let told = mended.findings.pop().unwrap();
    assert_eq!((mended, told.image), (found.clone(), image));
    assert!(told.what.contains("One line of it is lost"), "{}", told.what);
    assert!(found.has_findings());
    assert_eq!(world.check(Mode::Mend).await, Report { missing_photos: 1, ..report(1) });
}

#[tokio::test]
async fn a_damaged_record_is_written_anew_by_the_photo_and_the_job_store() {
    let world = World::new();
    let (image, other) = (world.post(1, &["wood", "stone"]).await, world.post(2, &["wood"]).await);
    world.succeed(image, "wood", "{\"n\": 1}").await;
    for empty in [true, false] {
        world.lose_record(image, empty);
        let looked = world.check(Mode::Look).await;
        assert_eq!((looked.damaged_records, looked.findings[0].image), (1, image));
        assert_eq!((looked.images, looked.unmended, looked.has_findings()), (2, 0, true));
        let mended = world.check(Mode::Mend).await;
        assert_eq!(
            (mended.damaged_records, mended.written_down),
            (1, 3),
            "two asked for, one ended"
        );
        assert_eq!(world.check(Mode::Look).await, report(2));
        let record = world.record(image).await;
        assert!(record.jobs["wood"].is_done() && record.jobs["stone"].end.is_none());
        assert_eq!(record.jobs["stone"].priority, Priority::High);
    }
    assert_eq!(world.record(other).await.jobs.len(), 1);
}

#[tokio::test]
async fn a_damaged_photo_is_told_until_it_is_posted_again() {
    let world = World::new();
    let image = world.post(1, &["wood"]).await;
    world.post(2, &["wood"]).await;
    world.damage_photo(image);
    assert_eq!(world.check(Mode::Mend).await, report(2), "photos are not read");
    let deep = world.check_deep(Mode::Look).await;
    assert_eq!((deep.verified_photos, deep.damaged_photos), (2, 1));
    assert_eq!((deep.findings[0].image, deep.has_findings()), (image, true));
    assert!(world.has_photo(image).await, "looking changes nothing");
    assert_eq!(world.check_deep(Mode::Mend).await.damaged_photos, 1);
    assert!(!world.has_photo(image).await);
    // Its job is not forgotten, and neither is it nobody's.
    world.clock.advance(Duration::from_hours(50));
    let known = world.check(Mode::Mend).await;
    assert_eq!((known.damaged_photos, known.missing_photos, known.orphans), (1, 0, 0));
    assert_eq!(world.post(1, &["wood"]).await, image);
    assert!(!world.check_deep(Mode::Mend).await.has_findings());
}

#[tokio::test]
async fn damaged_photos_are_found_with_time_and_a_restart_goes_on_where_it_was() {
    let mut world = World::new();
    world.verify(1 << 30);
    let image = world.post(1, &["wood"]).await;
    world.damage_photo(image);
    for is_damaged in [true, false] {
        let stop = CancellationToken::new();
        let images = Arc::new(WatchedImages::before(Arc::clone(&world.images)));
        let caretaker = world.caretaker_of(Arc::clone(&images) as Arc<dyn ImageStore>);
        let running = tokio::spawn(caretaker.run(stop.clone()));
        if is_damaged {
            while world.has_photo(image).await {
                tokio::task::yield_now().await;
            }
        }
        while images.pace().is_none() {
            tokio::task::yield_now().await;
        }
        stop.cancel();
        running.await.unwrap();
    }
}
