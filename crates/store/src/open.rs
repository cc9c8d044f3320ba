//! Opening the stores that the configuration names.

use std::sync::Arc;

use photo_core::config::{ImagesConfig, ImagesUrl, StoreConfig};
use photo_core::ports::{ImageStore, JobStore};

use crate::images::LocalImages;

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

/// Opens the job store. While its server is away this waits for it, and says so in the log.
pub async fn open_job_store(
    _config: &StoreConfig,
    _sharing: Sharing,
) -> Result<Arc<dyn JobStore>, OpenError> {
    Err(OpenError("being written".to_owned()))
}

/// Opens the image store.
pub fn open_image_store(config: &ImagesConfig) -> Result<Arc<dyn ImageStore>, OpenError> {
    let ImagesUrl::File(folder) = &config.url;
    let images = LocalImages::open(folder).map_err(|error| {
        OpenError(format!("photos cannot be kept in {}: {error}", folder.display()))
    })?;
    Ok(Arc::new(images))
}
