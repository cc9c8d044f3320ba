//! Tells the store why a model's jobs wait, so that whoever asks for them can see it.

use std::sync::Arc;

use photo_core::{JobError, ModelName};
use tokio::sync::watch;
use tracing::debug;

use crate::tools::{PATIENCE, Tools, within};

/// Keeps the store's word on one model true until the dispatcher is over: told at once when it
/// changes, and again well before the store forgets it.
pub async fn run(
    tools: Arc<Tools>,
    model: ModelName,
    mut trouble: watch::Receiver<Option<JobError>>,
) {
    let lifetime = tools.settings.hold;
    let mut told = false;
    loop {
        let reason = trouble.borrow_and_update().clone();
        if told || reason.is_some() {
            let telling = tools.store.hold(&model, reason.as_ref(), lifetime);
            match within(PATIENCE, telling).await {
                Ok(()) => told = reason.is_some(),
                // Told again below; that the store is away, the central loop says.
                Err(error) => debug!(%model, %error, "could not tell why jobs wait"),
            }
        }
        let again = told || reason.is_some();
        tokio::select! {
            () = tools.over.cancelled() => return,
            changed = trouble.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(lifetime / 3), if again => {}
        }
    }
}
