//! Takes jobs off the queue, asks the model services, records the answers.
//!
//! [`run`] is one dispatcher; any number of them may work on one store. The event loop
//! (`scheduler`) claims jobs for the free slots of each model's worker. Each job is done in a task
//! of its own (`execution`) while its lease is kept: the photo goes to the endpoint with the least
//! to do (`endpoints`), in that service's protocol (`service`, over `http`). How the job ended is
//! recorded by the store exchange that claims the next jobs. `reporting` writes results down beside
//! the photos and tells operators and supervisors how the dispatcher stands.
//!
//! Endpoints that cannot work are probed until they can, clients are told why their jobs wait, and
//! endpoints that announced themselves are asked for their status once they fall silent: all three
//! are in `endpoints`.

mod backoff;
mod context;
mod endpoints;
mod execution;
pub mod http;
mod reporting;
mod scheduler;
pub mod service;
mod settings;

use std::sync::Arc;

use anyhow::Context;
use photo_config::Config;
use photo_core::ports::{ImageStore, JobStore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::info;

use crate::context::DispatcherContext;
use crate::reporting::health::{self, Pulse};
use crate::scheduler::Dispatcher;
use crate::service::ServiceClient;

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
    let context = Arc::new(DispatcherContext { store, images, services, settings, over });
    info!(
        store = %config.store.url, images = %String::from(config.images.url.clone()),
        models = config.models.keys().map(photo_core::ModelName::as_str).collect::<Vec<_>>().join(","),
        "dispatcher starts"
    );
    // As a task: what `main` itself waits for runs on a thread of its own, and every answer would
    // have to wake it. It ends with this function, however that ends.
    let task = tokio::spawn(Dispatcher::new(context, pulse, config).run(stop));
    AbortOnDropHandle::new(task).await.context("the dispatcher failed")?;
    info!("dispatcher has stopped");
    Ok(())
}
