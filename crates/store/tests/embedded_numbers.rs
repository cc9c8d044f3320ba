//! Whatever happens, the numbers that the embedded store keeps are those that counting gives.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::time::Duration;

use photo_core::job::PriorityWeights;
use photo_core::job::{
    ClaimRequest, DispatcherId, Ending, Finish, Lease, NewJob, Priority, Requeue, SubmitMode, Want,
};
use photo_core::ports::JobStore;
use photo_core::{Clock, ImageKey, JobError, JobErrorKind, JobId, ModelName};
use photo_store::Settings;
use photo_store::embedded::EmbeddedJobStore;
use proptest::prelude::*;
use rusqlite::{Connection, OpenFlags};
use serde_json::value::RawValue;

/// Each of these counts rows that contradict one another.
const CONTRADICTIONS: [&str; 6] = [
    "SELECT count(*) FROM models WHERE
        queued_high != (SELECT count(*) FROM jobs WHERE model = id AND state = 'QUEUED' AND priority = 0) OR
        queued_normal != (SELECT count(*) FROM jobs WHERE model = id AND state = 'QUEUED' AND priority = 1) OR
        queued_low != (SELECT count(*) FROM jobs WHERE model = id AND state = 'QUEUED' AND priority = 2) OR
        waiting != (SELECT count(*) FROM jobs WHERE model = id AND state = 'WAITING') OR
        running != (SELECT count(*) FROM jobs WHERE model = id AND state = 'RUNNING') OR
        failed != (SELECT count(*) FROM jobs WHERE model = id AND state = 'FAILED' AND place IS NOT NULL)",
    "SELECT count(*) FROM jobs WHERE place IS NULL AND state IN ('QUEUED', 'WAITING', 'RUNNING')",
    "SELECT count(*) FROM jobs WHERE place IS NOT NULL AND state IN ('SUCCEEDED', 'CANCELLED')",
    "SELECT count(*) FROM jobs WHERE (state = 'SUCCEEDED') !=
        EXISTS (SELECT 1 FROM results WHERE results.image = jobs.image AND results.model = jobs.model)",
    "SELECT count(*) FROM images WHERE unfinished != (SELECT count(*) FROM jobs
        WHERE jobs.image = images.image AND state IN ('QUEUED', 'WAITING', 'RUNNING'))",
    "SELECT (SELECT count(DISTINCT image) FROM jobs) != (SELECT count(*) FROM images)",
];

#[derive(Debug, Clone)]
enum Step {
    Submit {
        jobs: Vec<(u8, u8)>,
        priority: usize,
        rerun: bool,
    },
    Claim {
        model: u8,
        slots: u32,
    },
    /// Ends the claim made so many claims ago, in one of the ways there are.
    Finish {
        ago: usize,
        how: u8,
    },
    Cancel {
        image: u8,
    },
    RequeueOldest {
        model: u8,
        count: u32,
    },
    RequeueJob {
        job: (u8, u8),
    },
    Tick,
    Advance {
        seconds: u64,
    },
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let job = || (0..6u8, 0..2u8);
    prop_oneof![
        4 => (prop::collection::vec(job(), 1..5), 0..3usize, any::<bool>())
            .prop_map(|(jobs, priority, rerun)| Step::Submit { jobs, priority, rerun }),
        4 => (0..2u8, 0..4u32).prop_map(|(model, slots)| Step::Claim { model, slots }),
        5 => (0..5usize, 0..6u8).prop_map(|(ago, how)| Step::Finish { ago, how }),
        1 => (0..6u8).prop_map(|image| Step::Cancel { image }),
        1 => (0..2u8, 0..3u32).prop_map(|(model, count)| Step::RequeueOldest { model, count }),
        1 => job().prop_map(|job| Step::RequeueJob { job }),
        2 => Just(Step::Tick),
        2 => prop_oneof![Just(5u64), Just(20), Just(4_000)]
            .prop_map(|seconds| Step::Advance { seconds }),
        1 => Just(Step::Reopen),
    ]
}

fn model(number: u8) -> ModelName {
    format!("m{number}").parse().unwrap()
}

fn job((image, model_number): (u8, u8)) -> JobId {
    JobId::new(ImageKey::from_bytes([image; 16]), model(model_number))
}

fn ending(how: u8) -> Ending {
    let error = JobError::new(JobErrorKind::ServerError, "no good");
    match how {
        0 | 1 => Ending::Succeeded(RawValue::from_string("1".to_owned()).unwrap()),
        2 => Ending::Failed(error),
        3 => Ending::Retry { after: Duration::from_secs(10), error },
        4 => Ending::Release { after: Duration::from_secs(10), error: None },
        _ => Ending::Release { after: Duration::ZERO, error: Some(error) },
    }
}

fn open(file: &Path, clock: &Clock) -> EmbeddedJobStore {
    let retention = Duration::from_hours(1);
    let settings = Settings { retention, max_crashes: 3, ..Settings::default() };
    EmbeddedJobStore::open(file, settings, clock.clone()).unwrap()
}

async fn walk(steps: Vec<Step>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jobs.db");
    let clock = Clock::default();
    let mut store = open(&file, &clock);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let counting = Connection::open_with_flags(&file, flags).unwrap();
    let mut leases: Vec<Lease> = Vec::new();
    for step in steps {
        if matches!(step, Step::Reopen) {
            drop(store);
            store = open(&file, &clock);
        } else {
            take(&store, &clock, &mut leases, &step).await;
        }
        for sql in CONTRADICTIONS {
            let found: i64 = counting.query_row(sql, [], |row| row.get(0)).unwrap();
            assert_eq!(found, 0, "after {step:?}: {sql}");
        }
    }
}

async fn take(store: &EmbeddedJobStore, clock: &Clock, leases: &mut Vec<Lease>, step: &Step) {
    match step {
        Step::Submit { jobs, priority, rerun } => {
            let priority = Priority::ALL[*priority];
            let jobs: Vec<_> = jobs
                .iter()
                .map(|id| NewJob { id: job(*id), priority, ended_before: false })
                .collect();
            let mode = if *rerun { SubmitMode::Rerun } else { SubmitMode::New };
            store.submit(&jobs, mode).await.unwrap();
        }
        Step::Claim { model: number, slots } => {
            let want = Want { model: model(*number), slots: *slots, limit: 4 };
            let (dispatcher, lease) = (DispatcherId::random(), Duration::from_secs(15));
            let request = ClaimRequest {
                dispatcher,
                lease,
                weights: PriorityWeights::default(),
                wants: vec![want],
            };
            let claimed = store.claim(&request).await.unwrap();
            leases.extend(claimed.jobs.into_iter().map(|job| job.lease));
        }
        Step::Finish { ago, how } => {
            if let Some(lease) = leases.iter().rev().nth(*ago) {
                let finish = Finish { lease: lease.clone(), ending: ending(*how) };
                store.finish(&[finish], None).await.unwrap();
            }
        }
        Step::Cancel { image } => {
            store.cancel(job((*image, 0)).image, None).await.unwrap();
        }
        Step::RequeueOldest { model: number, count } => {
            let which = Requeue::Oldest { model: model(*number), count: *count };
            store.requeue(&which).await.unwrap();
        }
        Step::RequeueJob { job: id } => {
            store.requeue(&Requeue::Jobs(vec![job(*id)])).await.unwrap();
        }
        Step::Tick => {
            store.tick().await.unwrap();
        }
        Step::Advance { seconds } => clock.advance(Duration::from_secs(*seconds)),
        Step::Reopen => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_numbers_are_those_that_counting_gives(steps in prop::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(walk(steps));
    }
}
