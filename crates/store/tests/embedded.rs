//! What the embedded store does beyond the contract: its file, and what is in it after an end.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::FutureExt;
use photo_core::job::PriorityWeights;
use photo_core::job::{
    Ack, Announcement, ClaimRequest, Claimed, DispatcherId, Ending, Finish, JobView, Lease, NewJob,
    Priority, SubmitMode, Submitted, Want,
};
use photo_core::ports::{JobStore, StoreError};
use photo_core::{Clock, ImageKey, JobError, JobErrorKind, JobId, JobState, ModelName};
use photo_store::Settings;
use photo_store::embedded::EmbeddedJobStore;
use serde_json::value::RawValue;
use tempfile::TempDir;

const MAX_CRASHES: u8 = 3;

/// A place for a store's file.
struct Place {
    folder: TempDir,
    file: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("jobs.db");
        Self { folder, file }
    }

    fn open(&self) -> Result<EmbeddedJobStore, StoreError> {
        open(&self.file)
    }

    fn complaint(&self) -> String {
        self.open().err().expect("the file is refused").to_string()
    }
}

fn open(file: &Path) -> Result<EmbeddedJobStore, StoreError> {
    let settings = Settings { max_crashes: MAX_CRASHES, ..Settings::default() };
    EmbeddedJobStore::open(file, settings, Clock::default())
}

fn model() -> ModelName {
    "m".parse().unwrap()
}

fn job(number: u8) -> JobId {
    JobId::new(ImageKey::from_bytes([number; 16]), model())
}

async fn submit(store: &EmbeddedJobStore, numbers: &[u8]) {
    let new =
        |number: &u8| NewJob { id: job(*number), priority: Priority::Normal, ended_before: false };
    let jobs: Vec<_> = numbers.iter().map(new).collect();
    let answers = store.submit(&jobs, SubmitMode::New).await.unwrap();
    assert!(answers.iter().all(|answer| *answer == Submitted::Queued));
}

async fn claim(store: &EmbeddedJobStore, slots: u32) -> Claimed {
    let want = Want { model: model(), slots, limit: 100 };
    let (dispatcher, lease) = (DispatcherId::random(), Duration::from_mins(1));
    store
        .claim(&ClaimRequest {
            dispatcher,
            lease,
            weights: PriorityWeights::default(),
            wants: vec![want],
        })
        .await
        .unwrap()
}

async fn claimed(store: &EmbeddedJobStore, slots: u32) -> Vec<JobId> {
    claim(store, slots).await.jobs.into_iter().map(|job| job.lease.id).collect()
}

async fn finish(store: &EmbeddedJobStore, lease: &Lease, ending: Ending) -> Ack {
    let endings = [Finish { lease: lease.clone(), ending }];
    store.finish(&endings, None).await.unwrap().acks[0]
}

/// Everything the store tells of its jobs, models and queues, but for the time of asking.
async fn everything(store: &EmbeddedJobStore) -> String {
    let images: Vec<_> = (0..=u8::MAX).map(|number| job(number).image).collect();
    let jobs: Vec<JobView> = store.status(&images).await.unwrap().into_iter().flatten().collect();
    let mut stats = store.stats(None).await.unwrap();
    let counters: Vec<_> = stats.iter_mut().map(|model| model.counters.drain().collect()).collect();
    let counters: Vec<std::collections::BTreeMap<String, u64>> = counters;
    format!("{jobs:#?} {stats:#?} {counters:#?} {:#?}", store.models().await.unwrap())
}

#[tokio::test]
async fn everything_is_there_after_the_store_was_closed_and_opened() {
    let place = Place::new();
    let store = place.open().unwrap();
    submit(&store, &[1, 2, 3, 4, 5, 6]).await;
    let leases: Vec<_> = claim(&store, 4).await.jobs.into_iter().map(|job| job.lease).collect();
    let error = JobError::new(JobErrorKind::ServerError, "no \"good\"").with_status(500);
    let result = RawValue::from_string("{\"a\" : 1.0}".to_owned()).unwrap();
    let after = Duration::from_hours(1);
    let endings = [
        Ending::Succeeded(result),
        Ending::Failed(error.clone()),
        Ending::Retry { after, error: error.clone() },
        Ending::Release { after: Duration::ZERO, error: None },
    ];
    for (lease, ending) in leases.iter().zip(endings) {
        assert_eq!(finish(&store, lease, ending).await, Ack::Recorded);
    }
    store.cancel(job(5).image, None).await.unwrap();
    let url = "http://host:1".to_owned();
    store
        .announce(&Announcement { model: model(), url, lifetime: after, from: None })
        .await
        .unwrap();
    store.describe(&model(), &serde_json::json!(["a", "b"])).await.unwrap();
    store.hold(&model(), Some(&error), after).await.unwrap();
    let before = everything(&store).await;
    drop(store);

    let store = place.open().unwrap();
    assert_eq!(everything(&store).await, before);
    // The line goes on where it was.
    submit(&store, &[7]).await;
    assert_eq!(claimed(&store, 9).await, [job(4), job(6), job(7)]);
}

#[tokio::test]
async fn running_jobs_are_back_at_the_head_of_the_line_after_an_end() {
    let place = Place::new();
    let store = place.open().unwrap();
    submit(&store, &[1, 2, 3]).await;
    let held = claim(&store, 2).await.jobs;
    drop(store);

    let store = place.open().unwrap();
    for job in &held {
        let view = store.status(&[job.lease.id.image]).await.unwrap().remove(0).remove(0);
        assert_eq!((view.state, view.failures), (JobState::Queued, 0));
        // Whoever held it before the end holds it no more.
        let result = RawValue::from_string("1".to_owned()).unwrap();
        let ack = finish(&store, &job.lease, Ending::Succeeded(result)).await;
        assert_eq!(ack, Ack::Stale);
    }
    let stats = store.stats(None).await.unwrap().remove(0);
    assert_eq!((stats.queued, stats.running), ([0, 3, 0], 0));
    assert_eq!(stats.counters["expired"], 2);
    let again = claim(&store, 9).await.jobs;
    assert_eq!(again.len(), 3);
    assert_eq!(again[2].lease.id, job(3));
    for job in &again[..2] {
        let fence = held.iter().find(|old| old.lease.id == job.lease.id).unwrap().lease.fence;
        assert!(job.attempts == 2 && job.lease.fence > fence);
    }
}

#[tokio::test]
async fn a_job_that_ends_its_process_again_and_again_fails() {
    let place = Place::new();
    let store = place.open().unwrap();
    submit(&store, &[1]).await;
    drop(store);
    for _ in 0..MAX_CRASHES {
        let store = place.open().unwrap();
        assert_eq!(claimed(&store, 1).await, [job(1)]);
    }
    let store = place.open().unwrap();
    let view = store.status(&[job(1).image]).await.unwrap().remove(0).remove(0);
    assert_eq!(view.state, JobState::Failed);
    assert_eq!(view.error.unwrap().kind, JobErrorKind::DispatchersDied);
}

#[tokio::test]
async fn a_job_to_be_cancelled_is_cancelled_after_an_end() {
    let place = Place::new();
    let store = place.open().unwrap();
    submit(&store, &[1]).await;
    assert_eq!(claimed(&store, 1).await, [job(1)]);
    store.cancel(job(1).image, None).await.unwrap();
    drop(store);
    let store = place.open().unwrap();
    let view = store.status(&[job(1).image]).await.unwrap().remove(0).remove(0);
    assert_eq!(view.state, JobState::Cancelled);
}

#[tokio::test]
async fn what_was_sent_is_done_before_the_store_is_closed() {
    let place = Place::new();
    let store = place.open().unwrap();
    for number in 0..100 {
        let jobs = [NewJob { id: job(number), priority: Priority::Normal, ended_before: false }];
        // Polled once, which sends it, and then given up.
        let _ = store.submit(&jobs, SubmitMode::New).now_or_never();
    }
    drop(store);
    let store = place.open().unwrap();
    assert_eq!(store.stats(None).await.unwrap()[0].queued, [0, 100, 0]);
}

#[tokio::test]
async fn a_status_does_not_wait_for_whoever_writes() {
    let place = Place::new();
    let store = place.open().unwrap();
    submit(&store, &[1]).await;
    let other = rusqlite::Connection::open(&place.file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let jobs = [NewJob { id: job(2), priority: Priority::Normal, ended_before: false }];
    let mut writing = store.submit(&jobs, SubmitMode::New);
    assert!((&mut writing).now_or_never().is_none());
    let views = store.status(&[job(1).image, job(2).image]).await.unwrap();
    assert_eq!(views.iter().map(Vec::len).collect::<Vec<_>>(), [1, 0]);
}

#[tokio::test]
async fn a_second_process_is_refused_until_the_first_has_ended() {
    let place = Place::new();
    let store = place.open().unwrap();
    let complaint = place.complaint();
    assert!(complaint.contains("in use by another process"), "{complaint}");
    assert!(complaint.contains("jobs.db"), "{complaint}");
    submit(&store, &[1]).await;
    drop(store);
    place.open().unwrap();
}

#[tokio::test]
async fn the_folders_that_the_file_lies_in_are_made() {
    let place = Place::new();
    let file = place.folder.path().join("data/of/jobs.db");
    open(&file).unwrap().ping().await.unwrap();
    assert!(file.is_file());
}

#[tokio::test]
async fn a_pause_ends_although_the_clock_is_set_back_while_the_store_is_closed() {
    let place = Place::new();
    let clock = Clock::default();
    let open = || EmbeddedJobStore::open(&place.file, Settings::default(), clock.clone()).unwrap();
    let store = open();
    submit(&store, &[1]).await;
    let lease = claim(&store, 1).await.jobs.remove(0).lease;
    let after = Duration::from_secs(30);
    let error = JobError::new(JobErrorKind::ServerError, "again");
    finish(&store, &lease, Ending::Retry { after, error }).await;
    drop(store);
    clock.set_back(Duration::from_hours(1));
    let store = open();
    assert_eq!(claimed(&store, 1).await, []);
    clock.advance(after + Duration::from_secs(2));
    assert_eq!(claimed(&store, 1).await, [job(1)]);
    let ahead = store.time().await.unwrap().ahead;
    drop(store);
    assert!(open().time().await.unwrap().ahead >= ahead, "it is remembered");
}

#[tokio::test]
async fn a_file_in_which_no_time_was_noted_opens() {
    let place = Place::new();
    let store = place.open().unwrap();
    submit(&store, &[1, 2]).await;
    drop(store);
    let connection = rusqlite::Connection::open(&place.file).unwrap();
    connection.execute_batch("DROP TABLE clock").unwrap();
    drop(connection);
    let store = place.open().unwrap();
    assert_eq!(claimed(&store, 2).await, [job(1), job(2)]);
    assert_eq!(store.time().await.unwrap().ahead, Duration::ZERO);
}

#[tokio::test]
async fn a_file_of_the_version_before_is_brought_to_this_one() {
    let place = Place::new();
    let connection = rusqlite::Connection::open(&place.file).unwrap();
    connection.execute_batch(include_str!("schemas/version_3.sql")).unwrap();
    drop(connection);
    for opened in 0..2 {
        let store = place.open().unwrap();
        let known = store.models().await.unwrap();
        assert_eq!(known.len(), 1);
        let endpoint = &known[0].endpoints[0];
        assert_eq!((&*endpoint.url, endpoint.from, endpoint.since), ("http://host:1", None, None));
        let status = store.status(&[ImageKey::from_bytes([1; 16])]).await.unwrap();
        assert_eq!(status[0][0].result.as_ref().unwrap().get(), "{\"a\":1}");
        let stats = store.stats(None).await.unwrap();
        assert_eq!((stats.len(), stats[0].counters["succeeded"]), (1, 1), "opened {opened} times");
    }
}

#[test]
fn a_file_of_another_version_is_refused_and_left_as_it_is() {
    let place = Place::new();
    drop(place.open().unwrap());
    let connection = rusqlite::Connection::open(&place.file).unwrap();
    connection.pragma_update(None, "user_version", 7).unwrap();
    drop(connection);
    let before = fs::read(&place.file).unwrap();
    let complaint = place.complaint();
    assert!(complaint.contains("jobs.db was written by a newer release"), "{complaint}");
    assert!(complaint.contains("version 7") && complaint.contains("Start that"), "{complaint}");
    assert!(fs::read(&place.file).unwrap() == before, "the file was changed");
}

#[test]
fn a_database_of_another_program_is_refused_and_left_as_it_is() {
    let place = Place::new();
    let connection = rusqlite::Connection::open(&place.file).unwrap();
    connection.execute_batch("CREATE TABLE songs (name TEXT)").unwrap();
    drop(connection);
    let before = fs::read(&place.file).unwrap();
    let complaint = place.complaint();
    assert!(complaint.contains("another program"), "{complaint}");
    assert!(fs::read(&place.file).unwrap() == before, "the file was changed");
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    let place = Place::new();
    let text = "not a database, but somebody's only copy of a novel\n".repeat(100);
    fs::write(&place.file, &text).unwrap();
    let complaint = place.complaint();
    assert!(complaint.contains("unreadable") && complaint.contains("jobs.db"), "{complaint}");
    assert_eq!(fs::read_to_string(&place.file).unwrap(), text);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let place = Place::new();
    fs::write(place.folder.path().join("file"), "").unwrap();
    let complaint = open(&place.folder.path().join("file/jobs.db")).err().unwrap().to_string();
    assert!(complaint.contains("file/jobs.db cannot be opened"), "{complaint}");
}

#[tokio::test]
async fn a_file_keeps_its_name_and_counts_how_often_it_was_opened() {
    let place = Place::new();
    let first = place.open().unwrap().beat().await.unwrap();
    assert_eq!((first.count, first.server.as_str()), (1, ""));
    let copy = fs::read(&place.file).unwrap();
    for count in [2, 3] {
        let beat = place.open().unwrap().beat().await.unwrap();
        assert_eq!((&beat.store, beat.count), (&first.store, count));
    }
    // A file that was set back counts from where it was.
    fs::write(&place.file, copy).unwrap();
    let beat = place.open().unwrap().beat().await.unwrap();
    assert_eq!((&beat.store, beat.count), (&first.store, 2));

    fs::remove_file(&place.file).unwrap();
    assert_ne!(place.open().unwrap().beat().await.unwrap().store, first.store);
}

#[tokio::test]
async fn receivers_end_with_the_store() {
    let place = Place::new();
    let store = place.open().unwrap();
    let mut wakes = store.wakes(DispatcherId::random()).await;
    drop(store);
    assert!(wakes.recv().await.is_some());
    assert_eq!(wakes.recv().await, None);
}
