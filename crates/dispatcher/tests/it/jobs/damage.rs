//! Photos and records that the disk has damaged.

use photo_config::Protocol;
use photo_core::JobErrorKind as Kind;
use photo_core::JobState::{Failed, Succeeded};

use crate::fake_service::{FakeService, Takes};
use crate::world::World;

/// A small one is known to be damaged before anybody is asked. Of a large one all but the last
/// piece may be sent, which is no request.
#[tokio::test]
async fn no_service_is_asked_about_a_damaged_photo() {
    for (takes, protocol) in [
        (Takes::Multipart, Protocol::Multipart),
        (Takes::Multipart, Protocol::Auto),
        (Takes::Filename, Protocol::Filename),
        (Takes::FilenameUntold, Protocol::Auto),
    ] {
        for bytes in [64, 3_000_000] {
            let service = FakeService::start(takes);
            let mut world = World::with_wood(&[&service]);
            world.wood().protocol = Some(protocol);
            let (sound, damaged) = (world.photo_of(1, bytes).await, world.photo_of(2, bytes).await);
            world.damage_photo(damaged);
            for image in [damaged, sound] {
                world.submit(image, "wood").await;
            }
            let _dispatcher = world.start();
            world.until(sound, Succeeded).await;
            let job = world.until(damaged, Failed).await;
            let error = job.error.unwrap();
            assert_eq!((error.kind, job.attempts), (Kind::ImageDamaged, 1), "{protocol:?} {bytes}");
            assert!(error.message.contains("Post the photo again"), "{error}");
            assert!(job.result.is_none());
            let whole = service.calls().into_iter().filter(|call| {
                call.content_length == Some(call.body.len()) && call.filename.is_none()
            });
            assert!(whole.count() <= 1, "the one about the sound photo");
        }
    }
}

#[tokio::test]
async fn a_damaged_record_is_mended_by_its_photo_and_costs_nothing() {
    let service = FakeService::start(Takes::Multipart);
    let mut world = World::with_wood(&[&service]);
    world.wood().max_attempts = Some(1);
    let image = world.ask(1).await;
    std::fs::write(world.record_of(image), b"{\"md5\":").unwrap();
    let _dispatcher = world.start();
    assert_eq!(world.until(image, Succeeded).await.failures, 0);
}
