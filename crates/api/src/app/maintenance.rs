//! What this process does regularly, whatever its clients ask for.

use std::sync::Arc;

use super::state::AppState;
use super::throughput::SAMPLE_INTERVAL;

/// Samples every model's finished jobs until the server stops, so that a rate is known whenever
/// a client needs it; and drops the names of models that were forgotten by way of another api.
pub(crate) async fn run(state: Arc<AppState>) {
    let mut samples = tokio::time::interval(SAMPLE_INTERVAL);
    while state.closing.run_until_cancelled(samples.tick()).await.is_some() {
        match state.stores.jobs.stats(None).await {
            Ok(models) => {
                for stats in models {
                    state.throughput.sample(&stats);
                }
            }
            // Requests that need the store say that it is away.
            Err(error) => tracing::debug!(%error, "the models' rates cannot be measured"),
        }
        if let Err(error) = state.model_names.drop_forgotten(&state.stores).await {
            tracing::debug!(%error, "whether models were forgotten cannot be read");
        }
    }
}
