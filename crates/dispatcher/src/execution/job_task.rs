//! One claimed job, from the claim to its outcome.

use std::sync::Arc;

use photo_core::job::{ClaimedJob, Ending};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::attempt::{Attempted, attempt, hand_back};
use super::leases::{HeldLease, LetGo};
use super::{ModelWorker, PendingResult, Slot};
use crate::context::DispatcherContext;

/// A claimed job and what it needs to be done.
pub struct JobTask {
    /// The job.
    pub job: ClaimedJob,
    /// Our hold on it.
    pub held: HeldLease,
    /// Its slot with its model worker.
    pub slot: Slot,
    /// Its model's worker.
    pub worker: Arc<ModelWorker>,
    /// What everything works with.
    pub context: Arc<DispatcherContext>,
    /// Cancelled when there is no more time for it.
    pub hand_back: CancellationToken,
}

impl JobTask {
    /// Does the job, unless it must be let go of before. Answers what is to be recorded; nothing
    /// if the job is another's by then.
    pub async fn run(mut self) -> Option<PendingResult> {
        let started = Instant::now();
        let attempted = tokio::select! {
            // An answer that is there counts, whatever else happened.
            biased;
            attempted = attempt(&self.job, &self.worker, &self.context) => attempted,
            let_go = self.held.let_go() => {
                let duration_ms = started.elapsed().as_millis();
                info!(job.id = %self.job.lease.id, duration_ms, reason = ?let_go, "job let go of");
                match let_go {
                    LetGo::Lost => return None,
                    // The store makes it cancelled, if that was asked for.
                    LetGo::CancelAsked | LetGo::Expired => untried(),
                }
            }
            () = self.hand_back.cancelled() => untried(),
        };
        self.log(&attempted.ending, started);
        if let Some(classes) = attempted.classes {
            self.worker.describe(classes, &self.context).await;
        }
        let Self { job, held, slot, .. } = self;
        Some(PendingResult { job, held, slot, ending: attempted.ending })
    }

    fn log(&self, ending: &Ending, started: Instant) {
        let id = &self.job.lease.id;
        let duration_ms = started.elapsed().as_millis();
        // The model's words are printed with escapes: they could hold anything.
        match ending {
            Ending::Succeeded(_) => debug!(job.id = %id, duration_ms, "job succeeded"),
            Ending::Failed(error) => warn!(
                job.id = %id, model = %id.model, error.kind = ?error.kind,
                error.message = ?error.message, duration_ms, "job failed"
            ),
            Ending::Retry { after, error } => warn!(
                job.id = %id, model = %id.model, error.kind = ?error.kind,
                error.message = ?error.message, duration_ms, after_ms = after.as_millis(),
                failures = self.job.failures + 1, "attempt failed"
            ),
            Ending::Release { after, error: Some(error) } => info!(
                job.id = %id, model = %id.model, error.kind = ?error.kind,
                error.message = ?error.message, duration_ms, after_ms = after.as_millis(),
                "job held back"
            ),
            Ending::Release { error: None, .. } => debug!(job.id = %id, "job handed back"),
        }
    }
}

fn untried() -> Attempted {
    hand_back().into()
}
