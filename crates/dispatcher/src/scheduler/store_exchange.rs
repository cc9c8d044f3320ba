//! One exchange to the job store: outcomes there, claimed jobs back.

use std::sync::Arc;
use std::time::Duration;

use photo_core::job::{Ack, ClaimRequest, Finish, Finished};
use photo_core::ports::{JobStore, StoreError};
use tokio::time::Instant;
use tracing::error;

use super::pending_results::Batch;
use crate::context::within;

/// A exchange about to begin.
pub struct StoreExchange {
    /// Outcomes to be recorded; may be empty.
    pub batch: Batch,
    /// What to claim, if anything.
    pub claim: Option<ClaimRequest>,
}

/// A exchange that is over.
pub struct ExchangeEnd {
    /// The outcomes it was to record.
    pub batch: Batch,
    /// When it began: leases it brought run from then.
    pub sent: Instant,
    /// The store's answer. After an error nobody knows what the store did; the same outcomes can
    /// be sent again.
    pub answer: Result<Finished, StoreError>,
}

impl StoreExchange {
    /// Makes the exchange; longer than `limit` nothing is waited for.
    pub async fn make(self, store: Arc<dyn JobStore>, limit: Duration) -> ExchangeEnd {
        let Self { batch, claim } = self;
        let sent = Instant::now();
        let answer = within(limit, async {
            match (&claim, batch.endings.as_slice()) {
                (Some(claim), []) => {
                    let claimed = store.claim(claim).await?;
                    Ok(Finished { claimed, ..Finished::default() })
                }
                (claim, endings) => match store.finish(endings, claim.as_ref()).await {
                    Err(StoreError::Corrupt(_)) => one_by_one(&*store, endings).await,
                    answer => answer,
                },
            }
        });
        let answer = answer.await;
        ExchangeEnd { batch, sent, answer }
    }
}

/// Records endings each for itself and claims nothing: the job of one of them is unreadable in the
/// store, and must not hold up the others. Its outcome is let go of.
async fn one_by_one(store: &dyn JobStore, endings: &[Finish]) -> Result<Finished, StoreError> {
    let mut finished = Finished::default();
    // What was to be claimed has yet to be asked for.
    finished.claimed.next_due = Some(Duration::ZERO);
    for finish in endings {
        match store.finish(std::slice::from_ref(finish), None).await {
            Ok(one) => finished.acks.extend(one.acks),
            Err(StoreError::Corrupt(why)) => {
                error!(job.id = %finish.lease.id, why, "an outcome cannot be recorded and is lost");
                finished.acks.push(Ack::Stale);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(finished)
}
