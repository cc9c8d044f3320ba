//! The service's HTTP server and its routes.

mod openapi;
mod predict;
mod upload;

use std::io;
use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::{App, HttpServer, web};
use tokio_util::sync::CancellationToken;

use crate::Options;
use crate::service::Service;

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
