//! The HTTP server around the routes.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::{App, HttpServer, web};
use tokio_util::sync::CancellationToken;

use crate::routes;
use crate::state::AppState;

/// How long a stopping server waits for the requests under way, in seconds.
const SHUTDOWN_SECONDS: u64 = 30;

/// How long a client may take to send a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a refused client may go on sending before the connection is cut.
const LINGER: Duration = Duration::from_secs(20);

/// Serves the API on `listener` until `stop` is cancelled; then finishes what it accepted.
pub fn serve(
    listener: TcpListener,
    state: web::Data<AppState>,
    stop: CancellationToken,
) -> io::Result<Server> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() && state.config.api.register_key.is_none() {
        tracing::warn!(
            %address,
            "whoever reaches this address may announce a model and be sent photos: set \
             api.register_key, or listen on 127.0.0.1"
        );
    }
    let server =
        HttpServer::new(move || App::new().app_data(state.clone()).configure(routes::configure))
            .client_request_timeout(HEAD_TIMEOUT)
            // A client that is refused early is still sending, and is to hear why.
            .client_disconnect_timeout(LINGER)
            .shutdown_timeout(SHUTDOWN_SECONDS)
            .shutdown_signal(stop.cancelled_owned())
            .listen(listener)?;
    Ok(server.run())
}
