//! Jobs are kept while they run, let go of when they must be, and their outcomes are not lost.

use std::time::{Duration, Instant};

use photo_core::JobState::{Cancelled, Running, Succeeded};
use photo_core::job::PriorityWeights;
use photo_core::job::{Ack, ClaimRequest, DispatcherId, Ending, Finish, Want};
use photo_core::ports::JobStore;

use crate::fake_service::{FakeService, Takes};
use crate::world::{World, eventually, name};

/// Long enough for a machine with much else to do to extend it in time.
const LEASE: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_job_that_takes_longer_than_its_lease_stays_ours() {
    let service = FakeService::start(Takes::Multipart);
    service.set_open(false);
    let mut world = World::with_wood(&[&service]);
    world.config.dispatcher.lease = LEASE;
    let image = world.ask(1).await;
    let _dispatcher = world.start();
    service.until_in_flight(1).await;
    let extensions = extensions_over_two_leases(&world).await;
    service.set_open(true);
    assert_eq!(world.until(image, Succeeded).await.attempts, 1);
    assert_eq!(service.calls().len(), 1);
    // Three in the time of each: never sooner, and rarely much later.
    let mut pauses: Vec<Duration> =
        extensions.windows(2).map(|two| two[1].duration_since(two[0])).collect();
    pauses.sort_unstable();
    assert!(pauses[0] >= LEASE / 3, "{pauses:?}");
    assert!(pauses[pauses.len() / 2] < LEASE / 2, "{pauses:?}");
}

#[tokio::test]
async fn leases_are_extended_while_a_trip_does_not_come_back() {
    let service = FakeService::start(Takes::Multipart);
    let mut world = World::with_wood(&[&service]);
    world.config.dispatcher.lease = LEASE;
    let _dispatcher = world.start();
    service.set_open(false);
    let image = world.ask(1).await;
    service.until_in_flight(1).await;
    // Its outcome does not get through, and the job stays ours all the same.
    world.store.set_open(false);
    service.set_open(true);
    extensions_over_two_leases(&world).await;
    world.store.set_open(true);
    assert_eq!(world.until(image, Succeeded).await.attempts, 1);
    assert_eq!(service.calls().len(), 1);
}

/// When a lease was extended, as often as it must be in twice its length.
async fn extensions_over_two_leases(world: &World) -> Vec<Instant> {
    let before = world.store.extensions().len();
    eventually("two leases later", async || {
        let extensions = world.store.extensions().split_off(before);
        (extensions.len() >= 6).then_some(extensions)
    })
    .await
}

#[tokio::test]
async fn a_running_job_is_cancelled_without_waiting_for_its_answer() {
    let service = FakeService::start(Takes::Multipart);
    service.set_open(false);
    let world = World::with_wood(&[&service]);
    let image = world.ask(1).await;
    let _dispatcher = world.start();
    service.until_in_flight(1).await;
    world.store.cancel(image, None).await.unwrap();
    world.until(image, Cancelled).await;
    service.until_in_flight(0).await;
}

#[tokio::test]
async fn a_lost_job_is_dropped_and_nothing_is_recorded() {
    let service = FakeService::start(Takes::Multipart);
    service.set_open(false);
    let mut world = World::with_wood(&[&service]);
    // With its one slot taken the dispatcher cannot claim the job back itself.
    world.wood().concurrency = Some(1);
    world.config.dispatcher.lease = Duration::from_secs(2);
    let image = world.ask(1).await;
    let _dispatcher = world.start();
    service.until_in_flight(1).await;

    let thief = ClaimRequest {
        dispatcher: DispatcherId::random(),
        lease: Duration::from_mins(10),
        weights: PriorityWeights::default(),
        wants: vec![Want { model: name("wood"), slots: 1, limit: 1 }],
    };
    let stolen = eventually("another dispatcher gets the job", async || {
        world.clock.advance(Duration::from_secs(3));
        world.store.claim(&thief).await.unwrap().jobs.pop()
    })
    .await;
    service.until_in_flight(0).await;
    assert_eq!(world.job(image, "wood").await.state, Running);
    assert_eq!(world.store.finishes(), 0);

    let result = serde_json::value::RawValue::from_string("1".to_owned()).unwrap();
    let ending = Finish { lease: stolen.lease, ending: Ending::Succeeded(result) };
    let finished = world.store.finish(&[ending], None).await.unwrap();
    assert_eq!(finished.acks, [Ack::Recorded]);
    assert_eq!(world.job(image, "wood").await.result.unwrap().get(), "1");
}

#[tokio::test]
async fn an_outcome_is_kept_while_the_store_is_away() {
    let service = FakeService::start(Takes::Multipart);
    service.set_open(false);
    let world = World::with_wood(&[&service]);
    let image = world.ask(1).await;
    let _dispatcher = world.start();
    service.until_in_flight(1).await;
    world.store.set_away(true);
    service.set_open(true);
    eventually("recording failed twice", async || (world.store.refused() >= 2).then_some(())).await;
    assert_eq!(world.job(image, "wood").await.state, Running);
    world.store.set_away(false);
    assert_eq!(world.until(image, Succeeded).await.attempts, 1);
    assert_eq!(service.calls().len(), 1);
}

#[tokio::test]
async fn a_job_whose_lease_cannot_be_extended_is_given_up_in_time() {
    let service = FakeService::start(Takes::Multipart);
    service.set_open(false);
    let mut world = World::with_wood(&[&service]);
    world.config.dispatcher.lease = Duration::from_secs(1);
    let image = world.ask(1).await;
    let _dispatcher = world.start();
    service.until_in_flight(1).await;
    world.store.set_away(true);
    service.until_in_flight(0).await;
    service.set_open(true);
    world.store.set_away(false);
    world.until(image, Succeeded).await;
}

#[tokio::test]
async fn an_outcome_that_the_store_chokes_on_holds_up_no_other() {
    let service = FakeService::start(Takes::Multipart);
    service.set_open(false);
    let mut world = World::with_wood(&[&service]);
    world.wood().concurrency = Some(3);
    let images = [world.ask(1).await, world.ask(2).await, world.ask(3).await];
    let _dispatcher = world.start();
    service.until_in_flight(3).await;
    world.store.spoil(images[1]);
    let later = world.ask(4).await;
    service.set_open(true);
    for image in [images[0], images[2], later] {
        world.until(image, Succeeded).await;
    }
    assert_eq!(world.job(images[1], "wood").await.state, Running);
}
