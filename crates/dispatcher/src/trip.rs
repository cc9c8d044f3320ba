//! One trip to the job store: outcomes there, claimed jobs back.

use std::sync::Arc;
use std::time::Duration;

use photo_core::job::{ClaimRequest, Finished};
use photo_core::ports::{JobStore, StoreError};
use tokio::time::Instant;

use crate::outcomes::Batch;
use crate::tools::within;

/// A trip about to begin.
pub struct Trip {
    /// Outcomes to be recorded; may be empty.
    pub batch: Batch,
    /// What to claim, if anything.
    pub claim: Option<ClaimRequest>,
}

/// A trip that is over.
pub struct TripEnd {
    /// The outcomes it was to record.
    pub batch: Batch,
    /// Whether it was to claim.
    pub claimed: bool,
    /// When it began: leases it brought run from then.
    pub sent: Instant,
    /// The store's answer. After an error nobody knows what the store did; the same outcomes can
    /// be sent again.
    pub answer: Result<Finished, StoreError>,
}

impl Trip {
    /// Makes the trip; longer than `limit` nothing is waited for.
    pub async fn make(self, store: Arc<dyn JobStore>, limit: Duration) -> TripEnd {
        let Self { batch, claim } = self;
        let sent = Instant::now();
        let answer = within(limit, async {
            match (&claim, batch.endings.as_slice()) {
                (Some(claim), []) => {
                    let claimed = store.claim(claim).await?;
                    Ok(Finished { claimed, ..Finished::default() })
                }
                (claim, endings) => store.finish(endings, claim.as_ref()).await,
            }
        });
        let answer = answer.await;
        TripEnd { batch, claimed: claim.is_some(), sent, answer }
    }
}
