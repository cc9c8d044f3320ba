//! The HTTP server.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Instant;

use actix_web::dev::Server;
use actix_web::{App, HttpServer, web};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::image_folder::ImageFolder;
use crate::refusal::Refusal;
use crate::{Generation, Options, predict};

/// What every request of one service needs.
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
    fn new(options: Options) -> io::Result<Self> {
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

/// Serves a model on `listener` until `stop` is cancelled; requests under way are then finished
/// first, within 30 s. Nothing is served before the answer is awaited or spawned. Fails if
/// the folder of photos does not exist.
pub fn serve(
    listener: TcpListener,
    options: Options,
    stop: CancellationToken,
) -> io::Result<Server> {
    let service = web::Data::new(Service::new(options)?);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(service.clone())
            .configure(|routes| predict::configure(routes, &service))
    })
    // One thread for requests is plenty: photos are decoded on others.
    .workers(1)
    .listen(listener)?
    .shutdown_signal(stop.cancelled_owned());
    Ok(server.run())
}
