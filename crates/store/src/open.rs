//! Opening the stores that the configuration names.

use std::sync::Arc;

use photo_core::Clock;
use photo_core::config::{ImagesConfig, ImagesUrl, StoreConfig, StoreUrl};
use photo_core::ports::{ImageStore, JobStore};

use crate::Settings;
use crate::embedded::EmbeddedJobStore;
use crate::images::LocalImages;
use crate::redis::RedisJobStore;

/// Why a store cannot be used, in words for the person who configured it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct OpenError(String);

/// Which processes work on the same jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// Any number of them: only a server such as Redis will do.
    ManyProcesses,
    /// This one alone.
    OneProcess,
}

/// Opens the job store. A server that is away is no error: the store does its work as soon as
/// the server is there. One that answers and will not do is refused.
pub async fn open_job_store(
    config: &StoreConfig,
    sharing: Sharing,
) -> Result<Arc<dyn JobStore>, OpenError> {
    let settings = Settings::from(config);
    match (&config.url, sharing) {
        (StoreUrl::Redis(_) | StoreUrl::Sentinel(_), _) => {
            let url = String::from(config.url.clone());
            // Boxed: connecting is the largest of all futures, and the rarest.
            let opened = Box::pin(RedisJobStore::connect(&url, settings, Clock::default())).await;
            let store = opened.map_err(|unfit| OpenError(format!("{}: {unfit}", config.url)))?;
            Ok(Arc::new(store))
        }
        (StoreUrl::Sqlite(file), Sharing::OneProcess) => {
            let file = file.clone();
            let open = move || EmbeddedJobStore::open(&file, settings, Clock::default());
            let opened = tokio::task::spawn_blocking(open).await;
            let store = opened
                .map_err(|error| OpenError(error.to_string()))?
                .map_err(|error| OpenError(error.to_string()))?;
            Ok(Arc::new(store))
        }
        (StoreUrl::Sqlite(_), Sharing::ManyProcesses) => Err(OpenError(
            "a sqlite: store belongs to one process, and api and dispatcher are two: give both \
             --store redis://host:port, or run `standalone`, which is both in one"
                .to_owned(),
        )),
    }
}

/// Opens the image store.
pub fn open_image_store(config: &ImagesConfig) -> Result<Arc<dyn ImageStore>, OpenError> {
    let ImagesUrl::File(folder) = &config.url;
    let images = LocalImages::open(folder).map_err(|error| {
        OpenError(format!("photos cannot be kept in {}: {error}", folder.display()))
    })?;
    Ok(Arc::new(images))
}
