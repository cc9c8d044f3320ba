//! Housekeeping, and a look at which models there are.

use std::sync::Arc;

use photo_core::job::KnownModel;
use photo_core::ports::StoreError;
use tokio::sync::{Notify, watch};
use tracing::{debug, info, warn};

use crate::backoff::about;
use crate::context::{DispatcherContext, STORE_TIMEOUT, within};

/// Every second or so, and when `again` rings, has the store put its house in order and asks it
/// for the models, until the dispatcher is over.
pub async fn run(
    context: Arc<DispatcherContext>,
    known: watch::Sender<Vec<KnownModel>>,
    again: Arc<Notify>,
) {
    let mut away = false;
    while !context.over.is_cancelled() {
        match within(STORE_TIMEOUT, look(&context)).await {
            Ok(models) => {
                if std::mem::take(&mut away) {
                    info!("the job store can be surveyed again");
                }
                known.send_replace(models);
            }
            Err(error) => {
                if !std::mem::replace(&mut away, true) {
                    warn!(%error, "the job store could not be surveyed");
                }
            }
        }
        tokio::select! {
            () = context.over.cancelled() => {}
            () = again.notified() => {}
            () = tokio::time::sleep(about(context.settings.survey)) => {}
        }
    }
}

async fn look(context: &DispatcherContext) -> Result<Vec<KnownModel>, StoreError> {
    let tick = context.store.tick().await?;
    if tick.expired > 0 {
        info!(jobs = tick.expired, "leases of other dispatchers ran out");
    }
    if tick.trimmed > 0 {
        debug!(jobs = tick.trimmed, "old failed jobs were forgotten");
    }
    context.store.models().await
}
