//! What cannot be seen from outside: group commits that go wrong, and look-ups that would be slow.

use std::sync::Arc;
use std::time::Duration;

use photo_core::job::{NewJob, Priority, SubmitMode, Submitted};
use photo_core::ports::StoreError;
use photo_core::{Clock, ImageKey, JobId};
use rusqlite::{Connection, Result};
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};

use super::file::StoreFile;
use super::memory::wakes::Wakes;
use super::operations::queue::submit::submit;
use super::operations::queue::tick;
use super::operations::reading::{failures, queues, status, unfinished};
use super::session::{Session, WriterMemory};
use super::tables::job_table;
use super::threads::writer::{Call, Operation, Writer};
use super::time::StoreTime;
use crate::Settings;

/// A writer whose operations all arrive at once.
struct Bench {
    connection: Connection,
    _file: StoreFile,
    _folder: TempDir,
}

type Answer<T> = oneshot::Receiver<std::result::Result<T, StoreError>>;

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = StoreFile::lock(&folder.path().join("jobs.db")).unwrap();
        let connection = file.writer().unwrap();
        Self { connection, _file: file, _folder: folder }
    }

    fn run(self, operations: Vec<Box<dyn Operation>>) {
        let (sender, receiver) = mpsc::channel(operations.len());
        for operation in operations {
            assert!(sender.try_send(operation).is_ok());
        }
        drop(sender);
        let time = StoreTime::open(&self.connection, Clock::default()).unwrap();
        let writer = Writer {
            connection: self.connection,
            settings: Settings::default(),
            time: Arc::new(time),
            noted: None,
            wakes: Arc::new(Wakes::default()),
            memory: WriterMemory::default(),
        };
        writer.run(receiver);
    }
}

fn call<T: Send + 'static>(
    work: impl FnMut(&mut Session<'_>) -> Result<T> + Send + 'static,
) -> (Box<dyn Operation>, Answer<T>) {
    let (reply, answer) = oneshot::channel();
    (Box::new(Call::new(work, reply)), answer)
}

/// Submits so many jobs of one model.
fn submission(model: &str, count: u32) -> (Box<dyn Operation>, Answer<Vec<Submitted>>) {
    let model: photo_core::ModelName = model.parse().unwrap();
    let new = |number: u32| {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&number.to_le_bytes());
        let id = JobId::new(ImageKey::from_bytes(bytes), model.clone());
        NewJob { id, priority: Priority::Normal, ended_before: false }
    };
    let jobs: Vec<_> = (0..count).map(new).collect();
    call(move |session| submit(session, &jobs, SubmitMode::New))
}

fn count_queued(model: &'static str) -> (Box<dyn Operation>, Answer<u64>) {
    call(move |session| {
        let queue = session.queues.find(&model.parse().unwrap())?;
        Ok(queue.map_or(0, |queue| queue.queued()))
    })
}

#[test]
fn an_operation_that_does_not_fit_the_disk_is_undone_alone() {
    let bench = Bench::new();
    let pages: i64 = bench.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    bench.connection.pragma_update(None, "max_page_count", pages + 20).unwrap();
    let (small, mut small_answer) = submission("small", 10);
    let (large, mut large_answer) = submission("large", 50_000);
    let (other, mut other_answer) = submission("other", 10);
    let (count, mut counted) = count_queued("large");
    bench.run(vec![small, large, other, count]);
    assert_eq!(small_answer.try_recv().unwrap().unwrap().len(), 10);
    assert_eq!(other_answer.try_recv().unwrap().unwrap().len(), 10);
    let failure = large_answer.try_recv().unwrap().unwrap_err();
    assert!(matches!(failure, StoreError::Full(_)), "{failure}");
    assert_eq!(counted.try_recv().unwrap().unwrap(), 0);
}

#[test]
fn a_commit_that_fails_fails_only_whoever_is_to_blame() {
    let bench = Bench::new();
    // What breaks a deferred rule is noticed by the commit and not before.
    bench
        .connection
        .execute_batch(
            "PRAGMA foreign_keys = ON; CREATE TABLE whole (id INTEGER PRIMARY KEY); \
             CREATE TABLE part (id INTEGER REFERENCES whole DEFERRABLE INITIALLY DEFERRED);",
        )
        .unwrap();
    let (first, mut first_answer) = submission("first", 10);
    let (bad, mut bad_answer) =
        call(|session| session.connection.execute("INSERT INTO part VALUES (1)", []));
    let (last, mut last_answer) = submission("last", 10);
    let (count, mut counted) = count_queued("first");
    bench.run(vec![first, bad, last, count]);
    for answer in [&mut first_answer, &mut last_answer] {
        // Done again after the first commit was undone, they were not there before.
        assert_eq!(answer.try_recv().unwrap().unwrap(), vec![Submitted::Queued; 10]);
    }
    let failure = bad_answer.try_recv().unwrap().unwrap_err();
    assert!(matches!(failure, StoreError::Unavailable(_)), "{failure}");
    assert_eq!(counted.try_recv().unwrap().unwrap(), 10);
}

#[test]
fn what_somebody_else_wrote_into_the_file_is_reported_and_stops_nobody() {
    let bench = Bench::new();
    let (first, _answer) = submission("first", 1);
    let (spoil, _answer) =
        call(|session| session.connection.execute("UPDATE jobs SET state = 'SLEEPING'", []));
    let (again, mut again_answer) = submission("first", 1);
    let (last, mut last_answer) = submission("last", 1);
    bench.run(vec![first, spoil, again, last]);
    let failure = again_answer.try_recv().unwrap().unwrap_err();
    assert!(matches!(failure, StoreError::Corrupt(_)), "{failure}");
    assert!(failure.to_string().contains("SLEEPING"), "{failure}");
    assert!(last_answer.try_recv().unwrap().is_ok());
}

#[test]
fn fences_grow_even_when_the_clock_goes_back() {
    let mut memory = WriterMemory::default();
    let fences = [100, 100, 50, 100, 102, 200].map(|now| memory.next_fence(now));
    assert_eq!(fences, [100, 101, 102, 103, 104, 200]);
}

#[test]
fn no_look_up_walks_over_jobs() {
    let bench = Bench::new();
    for (sql, index) in [
        (job_table::FIND, "PRIMARY KEY"),
        (job_table::QUEUED, "jobs_queued (model=? AND priority=?)"),
        (job_table::DUE, "jobs_waiting (model=? AND place<?)"),
        (job_table::LEASE_ENDED, "jobs_running (model=? AND place<?)"),
        (job_table::FAILED, "jobs_failed (model=? AND place<?)"),
        (job_table::NEXT_DUE, "jobs_waiting (model=?)"),
        (job_table::NEXT_LEASE_END, "jobs_running (model=?)"),
        (job_table::MODELS_OF_IMAGE, "PRIMARY KEY (image=?)"),
        (unfinished::QUEUED, "jobs_queued (model=? AND priority=?)"),
        (unfinished::WAITING, "jobs_waiting (model=?)"),
        (unfinished::RUNNING, "jobs_running (model=?)"),
        (tick::OLD_IMAGES, "images_finished (finished_at<?)"),
        (failures::FAILURES, "jobs_failed (model=? AND place>?)"),
        (queues::FIRST, "jobs_queued (model=? AND priority=?)"),
        (queues::LAST, "jobs_queued (model=? AND priority=?)"),
        (status::STATUS, "PRIMARY KEY (image=?)"),
    ] {
        let mut statement = bench.connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let empty = rusqlite::params_from_iter(vec![0; statement.parameter_count()]);
        let steps = statement.query_map(empty, |row| row.get::<_, String>(3)).unwrap();
        let plan = steps.collect::<Result<Vec<_>>>().unwrap().join("; ");
        assert!(plan.contains(index), "{sql}: {plan}");
        assert!(!plan.contains("SCAN"), "{sql}: {plan}");
        // An image's few jobs may be sorted by name; lists of jobs come in order.
        let sorts = plan.contains("TEMP B-TREE");
        assert!(!sorts || index == "PRIMARY KEY (image=?)", "{sql}: {plan}");
    }
}

#[test]
fn times_beyond_all_measure_are_the_end_of_time() {
    assert_eq!(super::columns::later(5, Duration::MAX), i64::MAX);
    assert_eq!(super::columns::earlier(5, Duration::MAX), 5 - i64::MAX);
    assert_eq!(super::columns::integer(u64::MAX), i64::MAX);
}
