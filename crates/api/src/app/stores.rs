//! The stores, the configuration and the clock: what everything that handlers share is built on.

mod deadline;
mod stores_error;

use std::sync::Arc;

use photo_config::Config;
use photo_core::Clock;
use photo_core::ports::{ImageStore, JobStore};

pub(crate) use self::deadline::StoreDeadline;
pub(crate) use self::stores_error::{StoresError, unavailable};

/// Where jobs and photos are kept, and what the operator configured. Clones share all of it.
#[derive(Clone)]
pub(crate) struct Stores {
    pub(crate) jobs: Arc<dyn JobStore>,
    pub(crate) images: Arc<dyn ImageStore>,
    pub(crate) config: Arc<Config>,
    pub(crate) clock: Clock,
}

impl Stores {
    /// The same stores for one of the server's workers, on whose thread this is called.
    pub(crate) fn for_worker(&self) -> Self {
        Self { jobs: Arc::clone(&self.jobs).for_worker(), ..self.clone() }
    }
}
