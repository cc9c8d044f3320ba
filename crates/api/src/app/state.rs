//! What the handlers work with.

use std::sync::Arc;

use photo_caretaker::Caretaker;
use photo_config::Config;
use photo_core::Clock;
use photo_core::ports::{ImageStore, JobStore};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::admission::AdmissionControl;
use super::model_names::ModelNames;
use super::model_services::ModelServices;
use super::stores::Stores;
use super::subscriptions::Subscriptions;
use super::throughput::Throughput;
use super::thumbnails::Thumbnails;

/// The stores, and what this process knows and limits. Clones share all of it.
#[derive(Clone)]
pub struct AppState {
    pub(crate) stores: Stores,
    pub(crate) model_names: Arc<ModelNames>,
    pub(crate) model_services: Arc<ModelServices>,
    pub(crate) admission: Arc<AdmissionControl>,
    pub(crate) throughput: Arc<Throughput>,
    pub(crate) subscriptions: Arc<Subscriptions>,
    pub(crate) thumbnails: Arc<Thumbnails>,
    pub(crate) caretaker: Arc<Caretaker>,
    /// Held by the one check of the stores that clients may ask for at a time.
    pub(crate) fsck_permit: Arc<Semaphore>,
    /// Cancelled when the server is to stop.
    pub(crate) closing: CancellationToken,
}

impl AppState {
    /// The state of one API process.
    pub fn new(
        jobs: Arc<dyn JobStore>,
        images: Arc<dyn ImageStore>,
        config: Config,
    ) -> anyhow::Result<Self> {
        Self::with_clock(jobs, images, config, Clock::default())
    }

    /// The same with a clock that tests move.
    pub fn with_clock(
        jobs: Arc<dyn JobStore>,
        images: Arc<dyn ImageStore>,
        config: Config,
        clock: Clock,
    ) -> anyhow::Result<Self> {
        let (jobs_too, images_too) = (Arc::clone(&jobs), Arc::clone(&images));
        let caretaker = Caretaker::new(jobs_too, images_too, &config, clock.clone());
        Ok(Self {
            model_names: Arc::new(ModelNames::new(&config)),
            model_services: Arc::new(ModelServices::new()?),
            admission: Arc::new(AdmissionControl::new(&config.api)),
            throughput: Arc::new(Throughput::new(clock.clone())),
            subscriptions: Arc::new(Subscriptions::new(config.api.max_streams)),
            thumbnails: Arc::default(),
            caretaker: Arc::new(caretaker),
            fsck_permit: Arc::new(Semaphore::new(1)),
            closing: CancellationToken::new(),
            stores: Stores { jobs, images, config: Arc::new(config), clock },
        })
    }

    /// The same state for one of the server's workers, on whose thread this is called.
    pub(crate) fn for_worker(&self) -> Self {
        Self { stores: self.stores.for_worker(), ..self.clone() }
    }
}
