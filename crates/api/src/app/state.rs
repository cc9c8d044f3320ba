//! What the handlers work with.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Context;
use photo_caretaker::Caretaker;
use photo_core::config::Config;
use photo_core::ports::{ImageStore, JobStore, StoreError};
use photo_core::{Clock, ModelName};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::app::admission::Intake;
use crate::app::model_services::{ServiceResolver, ToldRefusals};
use crate::app::subscriptions::Hub;
use crate::app::throughput::queue_cache::Outlooks;
use crate::app::throughput::rates::Rates;
use crate::app::thumbnails::Thumbnails;

/// How long a service that announces itself may take to answer `GET /status`.
const STATUS_TIMEOUT: Duration = Duration::from_secs(3);

/// The stores, the configuration, and the names of the models known so far. Clones share all of it.
#[derive(Clone)]
pub struct AppState {
    pub(crate) jobs: Arc<dyn JobStore>,
    pub(crate) images: Arc<dyn ImageStore>,
    pub(crate) config: Arc<Config>,
    pub(crate) services: reqwest::Client,
    pub(crate) clock: Clock,
    pub(crate) intake: Arc<Intake>,
    pub(crate) rates: Arc<Rates>,
    pub(crate) outlooks: Arc<Outlooks>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) thumbnails: Arc<Thumbnails>,
    pub(crate) caretaker: Arc<Caretaker>,
    /// Cancelled when the server is to stop.
    pub(crate) closing: CancellationToken,
    /// Held by a walk that a client asked for.
    pub(crate) fsck: Arc<Semaphore>,
    /// What was said of announcements that are not taken.
    pub(crate) told_refusals: Arc<ToldRefusals>,
    /// Configured and announced models. A name once known stays known until it is forgotten.
    names: Arc<RwLock<BTreeSet<ModelName>>>,
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
        let services = reqwest::Client::builder()
            .tls_backend_preconfigured(photo_tls::client_config())
            .timeout(STATUS_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(ServiceResolver))
            .build()
            .context("the HTTP client cannot be made")?;
        let names = RwLock::new(config.models.keys().cloned().collect());
        let intake = Arc::new(Intake::new(&config.api));
        let hub = Hub::new(config.api.max_streams);
        let (jobs_too, images_too) = (Arc::clone(&jobs), Arc::clone(&images));
        let caretaker = Caretaker::new(jobs_too, images_too, &config, clock.clone());
        Ok(Self {
            jobs,
            images,
            config: Arc::new(config),
            services,
            rates: Arc::new(Rates::new(clock.clone())),
            clock,
            intake,
            outlooks: Arc::default(),
            hub: Arc::new(hub),
            thumbnails: Arc::default(),
            caretaker: Arc::new(caretaker),
            closing: CancellationToken::new(),
            fsck: Arc::new(Semaphore::new(1)),
            told_refusals: Arc::default(),
            names: Arc::new(names),
        })
    }

    /// The same state for one of the server's workers, on whose thread this is called.
    pub(crate) fn for_worker(&self) -> Self {
        Self { jobs: Arc::clone(&self.jobs).for_worker(), ..self.clone() }
    }

    /// Those of `wanted` that no one has configured or announced. The store is asked only about
    /// names that this process has not seen yet: another one may have.
    pub(crate) async fn unknown_models(
        &self,
        wanted: &[ModelName],
    ) -> Result<Vec<ModelName>, StoreError> {
        let unknown = self.unseen(wanted);
        if unknown.is_empty() {
            return Ok(unknown);
        }
        let announced = self.jobs.models().await?;
        self.names
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(announced.into_iter().filter(|it| !it.forgotten).map(|model| model.name));
        Ok(self.unseen(wanted))
    }

    /// Drops the names of models that were forgotten, which any api may have been asked for.
    pub(crate) async fn drop_forgotten(&self) -> Result<(), StoreError> {
        let known = self.jobs.models().await?;
        for model in known.iter().filter(|known| known.forgotten) {
            self.drop_name(&model.name);
        }
        Ok(())
    }

    /// Drops the name of a model that was forgotten. One that is configured stays.
    pub(crate) fn drop_name(&self, model: &ModelName) {
        if !self.config.models.contains_key(model) {
            self.names.write().unwrap_or_else(PoisonError::into_inner).remove(model);
        }
    }

    /// The names of all models known to this process.
    pub(crate) fn model_names(&self) -> Vec<ModelName> {
        self.names.read().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn unseen(&self, wanted: &[ModelName]) -> Vec<ModelName> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        wanted.iter().filter(|name| !names.contains(*name)).cloned().collect()
    }
}
