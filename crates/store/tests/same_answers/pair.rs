//! The two stores, asked the same.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use photo_core::job::{Claimed, EndedJob, Finish, Lease};
use photo_core::ports::JobStore;
use photo_core::{Clock, UnixMillis};
use photo_store::Settings;
use photo_store::embedded::EmbeddedJobStore;
use photo_store::redis::RedisJobStore;
use photo_tests::redis_server::RedisServer;
use tempfile::TempDir;

use super::answers;
use super::operation::{MODELS, Operation, UNIT, UNITS_BEFORE, images};

/// One store and the leases it handed out.
struct Side {
    store: Box<dyn JobStore>,
    leases: Vec<Lease>,
}

/// Two empty stores on one clock.
pub struct Pair {
    sides: [Side; 2],
    clock: Clock,
    start: UnixMillis,
    /// Removed after the store was closed.
    _folder: TempDir,
}

impl Pair {
    /// Two stores of their own, the first of them on this server.
    pub async fn start(server: &RedisServer) -> Self {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let prefix = format!("list-{number}").try_into().unwrap();
        let settings = Settings { prefix, max_crashes: 2, ..Settings::default() };
        let clock = Clock::default();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("jobs.db");
        let embedded = EmbeddedJobStore::open(&file, settings.clone(), clock.clone()).unwrap();
        let redis = RedisJobStore::connect(&server.url(), settings, clock.clone()).await.unwrap();
        let stores: [Box<dyn JobStore>; 2] = [Box::new(redis), Box::new(embedded)];
        let sides = stores.map(|store| Side { store, leases: Vec::new() });
        let start = clock.now();
        clock.advance(UNIT * UNITS_BEFORE);
        Self { sides, start, clock, _folder: folder }
    }

    /// What each store answers to a call, and what it shows after it.
    pub async fn answers(&mut self, operation: &Operation) -> [Vec<String>; 2] {
        if let Operation::Advance(by) = operation {
            self.clock.advance(*by);
        }
        // What one call does is later than what the one before did, on both sides.
        self.clock.advance(Duration::from_millis(2));
        let mut answers = [const { Vec::new() }; 2];
        for (side, answers) in self.sides.iter_mut().zip(&mut answers) {
            answers.push(side.answer(operation, self.start).await);
            answers.extend(side.shown(self.start).await);
        }
        answers
    }
}

impl Side {
    async fn answer(&mut self, operation: &Operation, start: UnixMillis) -> String {
        let store = &self.store;
        match operation {
            Operation::Submit { jobs, mode } => {
                answers::said(&store.submit(jobs, *mode).await.unwrap())
            }
            Operation::Restore(jobs) => {
                let jobs: Vec<_> = jobs.iter().map(|job| since(start, job)).collect();
                answers::said(&store.restore(&jobs).await.unwrap())
            }
            Operation::Claim(request) => {
                let claimed = store.claim(request).await.unwrap();
                self.keep(&claimed);
                answers::claimed(&claimed)
            }
            Operation::Extend { leases, lease } => {
                let leases: Vec<_> = leases.iter().filter_map(|n| self.lease(*n)).collect();
                answers::said(&store.extend(&leases, *lease).await.unwrap())
            }
            Operation::Finish { endings, then } => {
                let finish = |lease, ending| Finish { lease, ending };
                let endings: Vec<_> = endings
                    .iter()
                    .filter_map(|(n, ending)| Some(finish(self.lease(*n)?, ending.clone())))
                    .collect();
                let finished = store.finish(&endings, then.as_ref()).await.unwrap();
                self.keep(&finished.claimed);
                format!("{:?} {}", finished.acks, answers::claimed(&finished.claimed))
            }
            Operation::Cancel { image, models } => {
                answers::said(&store.cancel(*image, models.as_deref()).await.unwrap())
            }
            Operation::Requeue(which) => answers::said(&store.requeue(which).await.unwrap()),
            Operation::Tick => answers::said(&store.tick().await.unwrap()),
            Operation::Announce(announcement) => {
                answers::said(&store.announce(announcement).await.unwrap())
            }
            Operation::Forget(model) => {
                answers::forgotten(&store.forget_model(model).await.unwrap())
            }
            Operation::Describe { model, classes } => {
                answers::said(&store.describe(model, classes).await.unwrap())
            }
            Operation::Hold { model, reason, lifetime } => {
                answers::said(&store.hold(model, reason.as_ref(), *lifetime).await.unwrap())
            }
            Operation::KeepCallbacks(callbacks) => {
                answers::said(&store.keep_callbacks(callbacks).await.unwrap())
            }
            Operation::LeaseCallbacks { most, lease } => {
                answers::said(&store.lease_callbacks(*most, *lease).await.unwrap())
            }
            Operation::EndCallback(callback, end) => {
                answers::said(&store.end_callback(callback, *end).await.unwrap())
            }
            Operation::Advance(_) => String::new(),
        }
    }

    async fn shown(&self, start: UnixMillis) -> [String; 5] {
        let mut failures = Vec::new();
        for model in MODELS {
            failures.extend(self.store.failures(&model.parse().unwrap(), 10).await.unwrap());
        }
        let (images_failed, jobs): (Vec<_>, Vec<_>) =
            failures.into_iter().map(|failed| (failed.image, failed.job)).unzip();
        [
            answers::views(&self.store.status(&images()).await.unwrap(), start),
            answers::stats(&self.store.stats(None).await.unwrap()),
            answers::models(self.store.models().await.unwrap(), start),
            answers::queues(&self.store.queues(None).await.unwrap(), start),
            answers::said(&images_failed) + &answers::views(&[jobs], start),
        ]
    }

    /// The lease after which so many were handed out.
    fn lease(&self, handed_out_after: usize) -> Option<Lease> {
        self.leases.iter().rev().nth(handed_out_after).cloned()
    }

    fn keep(&mut self, claimed: &Claimed) {
        for job in &claimed.jobs {
            let lease = job.lease.clone();
            let earlier = self.leases.last().map_or(0, |lease| lease.fence);
            assert!(lease.fence > earlier, "{lease:?} comes after {earlier}");
            self.leases.push(lease);
        }
    }
}

/// The same job with its times counted from this start.
fn since(start: UnixMillis, job: &EndedJob) -> EndedJob {
    let later = |time: UnixMillis| UnixMillis(start.0 + time.0);
    EndedJob {
        submitted_at: later(job.submitted_at),
        started_at: job.started_at.map(later),
        ended_at: later(job.ended_at),
        ..job.clone()
    }
}
