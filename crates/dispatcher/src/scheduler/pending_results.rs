//! What came of jobs and is not recorded yet.

use std::collections::VecDeque;

use photo_core::job::{Ack, ClaimedJob, Ending, Finish, JobOutcome};
use photo_core::record::{JobEnd, RecordLine};
use photo_core::{ImageKey, UnixMillis};
use tracing::info;

use crate::execution::{HeldLease, PendingResult, Slot};

/// A batch is closed once its results have this many bytes.
const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// Outcomes in the order they came in.
#[derive(Debug, Default)]
pub struct PendingResults {
    waiting: VecDeque<(Finish, Kept)>,
}

/// Outcomes on their way to the store.
#[derive(Debug, Default)]
pub struct Batch {
    /// What is to be recorded.
    pub endings: Vec<Finish>,
    kept: Vec<Kept>,
}

#[derive(Debug)]
struct Kept {
    job: ClaimedJob,
    _held: HeldLease,
    slot: Slot,
}

impl PendingResults {
    /// Takes in one more.
    pub fn push(&mut self, outcome: PendingResult) {
        let PendingResult { job, held, slot, ending } = outcome;
        let finish = Finish { lease: job.lease.clone(), ending };
        self.waiting.push_back((finish, Kept { job, _held: held, slot }));
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// The first of them, as many as go into one exchange. Their slots are free, so that the same
    /// exchange can claim jobs for them.
    pub fn batch(&mut self) -> Batch {
        let mut batch = Batch::default();
        let mut bytes = 0;
        while bytes < BATCH_BYTES
            && let Some((finish, mut kept)) = self.waiting.pop_front()
        {
            kept.slot.release();
            if let Ending::Succeeded(result) = &finish.ending {
                bytes += result.get().len();
            }
            batch.endings.push(finish);
            batch.kept.push(kept);
        }
        batch
    }

    /// Takes a batch back that could not be recorded, to be tried again. Nothing was claimed for
    /// its slots then, and it has them again.
    pub fn take_back(&mut self, batch: Batch) {
        for (finish, mut kept) in batch.endings.into_iter().zip(batch.kept).rev() {
            kept.slot.retake();
            self.waiting.push_front((finish, kept));
        }
    }
}

impl Batch {
    /// Lets go of the jobs: the store has answered, at `now`. What is to be written down in the
    /// images' records: the jobs that ended for good.
    pub fn recorded(self, acks: &[Ack], now: UnixMillis) -> Vec<(ImageKey, RecordLine)> {
        let mut lines = Vec::new();
        for ((finish, kept), ack) in self.endings.into_iter().zip(self.kept).zip(acks) {
            if *ack == Ack::Stale {
                info!(job.id = %finish.lease.id, "outcome came too late: the job is another's now");
                continue;
            }
            let outcome = match finish.ending {
                Ending::Succeeded(result) => JobOutcome::Succeeded(result),
                Ending::Failed(error) => JobOutcome::Failed(error),
                Ending::Retry { .. } | Ending::Release { .. } => continue,
            };
            // A fence is the time of its claim, by the store's clock, which may be ahead of ours.
            let started_at = UnixMillis(finish.lease.fence / 1_000);
            let end = JobEnd {
                model: finish.lease.id.model,
                attempts: kept.job.attempts,
                failures: kept.job.failures,
                started_at: Some(started_at),
                ended_at: now.max(started_at),
                outcome,
                request: None,
            };
            lines.push((finish.lease.id.image, end.into()));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use photo_core::JobId;
    use photo_core::job::{Lease, Priority};
    use serde_json::value::RawValue;
    use tokio::time::Instant;

    use super::*;
    use crate::execution::Leases;

    /// The outcomes of so many jobs with results of so many bytes, and the count of their slots.
    fn outcomes(count: u8, bytes: usize) -> (PendingResults, Arc<AtomicU32>) {
        let (mut outcomes, slots) = (PendingResults::default(), Arc::default());
        let leases = Arc::new(Leases::new(Duration::from_secs(15)));
        for n in 0..count {
            let id = JobId::new(ImageKey::from_bytes([n; 16]), "wood".parse().unwrap());
            let result = RawValue::from_string(format!("\"{}\"", "x".repeat(bytes))).unwrap();
            let lease = Lease { id, fence: u64::from(n) };
            let priority = Priority::Normal;
            outcomes.push(PendingResult {
                held: leases.hold(lease.clone(), Instant::now()),
                job: ClaimedJob { lease, attempts: 1, failures: 0, priority },
                slot: Slot::new(Arc::clone(&slots)),
                ending: Ending::Succeeded(result),
            });
        }
        (outcomes, slots)
    }

    fn fences(batch: &Batch) -> Vec<u64> {
        batch.endings.iter().map(|finish| finish.lease.fence).collect()
    }

    #[test]
    fn small_results_go_together_and_large_ones_apart() {
        assert_eq!(fences(&outcomes(100, 10).0.batch()).len(), 100);
        let (mut large, _) = outcomes(5, BATCH_BYTES / 2);
        assert_eq!(fences(&large.batch()), [0, 1]);
        assert_eq!(fences(&large.batch()), [2, 3]);
        assert_eq!(fences(&large.batch()), [4]);
        assert_eq!(large.len(), 0);
    }

    #[test]
    fn a_batch_on_its_way_frees_its_slots_and_takes_them_again_if_it_comes_back() {
        let (mut outcomes, slots) = outcomes(3, BATCH_BYTES);
        let batch = outcomes.batch();
        assert_eq!((fences(&batch), slots.load(Ordering::Relaxed)), (vec![0], 2));
        outcomes.take_back(batch);
        assert_eq!((outcomes.len(), slots.load(Ordering::Relaxed)), (3, 3));
        let again = outcomes.batch();
        assert_eq!(fences(&again), [0]);
        again.recorded(&[Ack::Recorded], UnixMillis(0));
        assert_eq!(slots.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn no_end_is_written_down_as_before_its_start() {
        let (mut outcomes, _slots) = outcomes(1, 10);
        let mut batch = outcomes.batch();
        // The store's clock is ahead of ours.
        batch.endings[0].lease.fence = 9_000_000;
        let lines = batch.recorded(&[Ack::Recorded], UnixMillis(5_000));
        let RecordLine::Ended(end) = &lines[0].1 else { panic!("{lines:?}") };
        assert_eq!((end.started_at, end.ended_at), (Some(UnixMillis(9_000)), UnixMillis(9_000)));
    }

    #[test]
    fn only_what_the_store_recorded_is_written_down() {
        let (mut outcomes, _slots) = outcomes(3, 10);
        let lines = outcomes
            .batch()
            .recorded(&[Ack::Recorded, Ack::Stale, Ack::Recorded], UnixMillis(5_000));
        let images: Vec<ImageKey> = lines.iter().map(|(image, _)| *image).collect();
        assert_eq!(images, [ImageKey::from_bytes([0; 16]), ImageKey::from_bytes([2; 16])]);
        let RecordLine::Ended(end) = &lines[1].1 else { panic!("{lines:?}") };
        assert_eq!((end.attempts, end.ended_at), (1, UnixMillis(5_000)));
        assert!(matches!(end.outcome, JobOutcome::Succeeded(_)));
    }
}
