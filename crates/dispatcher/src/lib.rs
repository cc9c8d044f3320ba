//! Takes jobs off the queue, asks the model services, records the answers.
//!
//! [`run`] is one dispatcher; any number of them may work on one store. A job goes this way: the
//! central loop (`dispatcher`) has free slots in a lane (`lane`, `lanes`) and claims jobs for them
//! (`trip`); each is done in a task of its own (`work`, `attempt`) while its lease is kept
//! (`leases`); the photo goes to the endpoint with the least to do (`endpoints`, `service`); and
//! what came of it (`outcomes`) is recorded by the trip that claims the next. The `scribe` writes
//! results down beside the photos. Endpoints that cannot work are watched (`probe`), clients are
//! told why their jobs wait (`hold`), and operators how it stands (`reporter`). Endpoints that
//! announced themselves are asked for a sign of life once they fall silent (`renewal`).

mod attempt;
mod backoff;
mod dispatcher;
mod endpoints;
mod health;
mod hold;
pub mod http;
mod lane;
mod lanes;
mod leases;
mod outcomes;
mod probe;
mod renewal;
mod reporter;
mod scribe;
pub mod service;
mod settings;
mod survey;
mod tools;
mod trip;
mod work;

use std::sync::Arc;

use anyhow::Context;
use photo_core::config::Config;
use photo_core::ports::{ImageStore, JobStore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::info;

use crate::dispatcher::Dispatcher;
use crate::health::Pulse;
use crate::renewal::SignsOfLife;
use crate::service::ServiceClient;
use crate::tools::Tools;

pub use settings::Settings;

/// Takes jobs to their models until `stop` is cancelled, and then until what is under way is
/// recorded or, after `dispatcher.drain`, handed back. A store or a service that is away is waited
/// for. It fails only at the start: if it
/// cannot listen on `dispatcher.listen`.
pub async fn run(
    store: Arc<dyn JobStore>,
    images: Arc<dyn ImageStore>,
    config: &Config,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    run_with(store, images, config, Settings::default(), stop).await
}

/// [`run`] with times other than the usual ones.
pub async fn run_with(
    store: Arc<dyn JobStore>,
    images: Arc<dyn ImageStore>,
    config: &Config,
    settings: Settings,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let services = ServiceClient::new(settings.http.clone());
    let over = CancellationToken::new();
    let pulse = Arc::new(Pulse::new());
    if let Some(address) = &config.dispatcher.listen {
        health::serve(address, Arc::clone(&pulse), &store, over.clone())?;
    }
    let signs = SignsOfLife::default();
    let tools = Arc::new(Tools { store, images, services, settings, signs, over });
    info!(
        store = %config.store.url, images = %String::from(config.images.url.clone()),
        models = config.models.keys().map(photo_core::ModelName::as_str).collect::<Vec<_>>().join(","),
        "dispatcher starts"
    );
    // As a task: what `main` itself waits for runs on a thread of its own, and every answer would
    // have to wake it. It ends with this function, however that ends.
    let task = tokio::spawn(Dispatcher::new(tools, pulse, config).run(stop));
    AbortOnDropHandle::new(task).await.context("the dispatcher failed")?;
    info!("dispatcher has stopped");
    Ok(())
}
