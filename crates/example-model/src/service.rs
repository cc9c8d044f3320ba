//! What every request of one service needs.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Semaphore;

use crate::image_folder::ImageFolder;
use crate::refusal::Refusal;
use crate::{Generation, Options};

/// A service's options, its folder and its permits.
pub(crate) struct Service {
    /// What was chosen about it.
    pub(crate) options: Options,
    /// The folder shared with the server, if photos come by name.
    pub(crate) folder: Option<ImageFolder>,
    /// One permit for each photo that may be held in memory.
    pub(crate) places: Arc<Semaphore>,
    /// When it pretends to begin loading.
    started: Instant,
}

impl Service {
    pub(crate) fn new(options: Options) -> io::Result<Self> {
        let folder = match &options.generation {
            Generation::Multipart => None,
            Generation::Filename { images } => Some(ImageFolder::new(images)?),
        };
        let places = Arc::new(Semaphore::new(options.concurrency.get()));
        Ok(Self { options, folder, places, started: Instant::now() })
    }

    /// Whether the model has loaded.
    pub(crate) fn ready(&self) -> Result<(), Refusal> {
        let ready = self.started.elapsed() >= self.options.ready_after;
        if ready { Ok(()) } else { Err(Refusal::NotReady) }
    }
}
