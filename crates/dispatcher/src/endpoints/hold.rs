//! Tells the store why a model's jobs wait, so that whoever asks for them can see it.

use std::sync::Arc;

use photo_core::{JobError, ModelName};
use tokio::sync::watch;
use tracing::debug;

use crate::context::{DispatcherContext, STORE_TIMEOUT, within};

/// Keeps the store's word on one model true until the dispatcher is over: told at once when it
/// changes, and again well before the store forgets it.
pub async fn run(
    context: Arc<DispatcherContext>,
    model: ModelName,
    mut trouble: watch::Receiver<Option<JobError>>,
) {
    let lifetime = context.settings.hold;
    let mut told = false;
    loop {
        let reason = trouble.borrow_and_update().clone();
        if told || reason.is_some() {
            let telling = context.store.hold(&model, reason.as_ref(), lifetime);
            match within(STORE_TIMEOUT, telling).await {
                Ok(()) => told = reason.is_some(),
                // Told again below; that the store is away, the central loop says.
                Err(error) => debug!(%model, %error, "could not tell why jobs wait"),
            }
        }
        let again = told || reason.is_some();
        tokio::select! {
            () = context.over.cancelled() => return,
            changed = trouble.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(lifetime / 3), if again => {}
        }
    }
}
