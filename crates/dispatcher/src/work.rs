//! One claimed job, from the claim to its outcome.

use std::sync::Arc;
use std::time::Duration;

use photo_core::job::{ClaimedJob, Ending};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::attempt::{Attempted, attempt};
use crate::lane::{Lane, Slot};
use crate::leases::{HeldLease, LetGo};
use crate::outcomes::Outcome;
use crate::tools::Tools;

/// A claimed job and what it needs to be done.
pub struct Work {
    /// The job.
    pub job: ClaimedJob,
    /// Our hold on it.
    pub held: HeldLease,
    /// Its place in its lane.
    pub slot: Slot,
    /// Its lane.
    pub lane: Arc<Lane>,
    /// What everything works with.
    pub tools: Arc<Tools>,
    /// Cancelled when there is no more time for it.
    pub hand_back: CancellationToken,
}

impl Work {
    /// Does the job, unless it must be let go of before. Answers what is to be recorded; nothing
    /// if the job is another's by then.
    pub async fn run(mut self) -> Option<Outcome> {
        let started = Instant::now();
        let attempted = tokio::select! {
            // An answer that is there counts, whatever else happened.
            biased;
            attempted = attempt(&self.job, &self.lane, &self.tools) => attempted,
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
            self.lane.describe(classes, &self.tools).await;
        }
        let Self { job, held, slot, .. } = self;
        Some(Outcome { job, held, slot, ending: attempted.ending })
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

/// The ending of a job that goes back in line as if it had not been claimed.
pub fn hand_back() -> Ending {
    Ending::Release { after: Duration::ZERO, error: None }
}

fn untried() -> Attempted {
    hand_back().into()
}
