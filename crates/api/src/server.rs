//! The HTTP server around the routes.

mod connection;
mod open_files;
mod routes;
mod throughput_meter;
mod upload_gate;

use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol};
use actix_service::{ServiceFactoryExt, boxed, fn_service, map_config};
use actix_web::dev::{AppConfig, Server};
use actix_web::rt::net::TcpStream as ClientStream;
use actix_web::{App, web};
use tokio::net::TcpSocket;
use tokio_util::sync::CancellationToken;

pub use self::routes::configure;

use self::open_files::ConnectionLimits;
use crate::app::AppState;
use crate::app::maintenance;
use crate::callbacks;
use crate::http::access::{self, LocalAddress};
use crate::server::connection::{ClientTimeouts, Connection, attend};
use crate::server::upload_gate::UploadGate;

/// How long a stopping server waits for the requests under way, in seconds.
const SHUTDOWN_SECONDS: u64 = 30;

/// How long a client may take to send a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How many clients may wait in the kernel until they are taken. One for whom there is no room
/// tries again after a second at the earliest, and std's own 128 are soon reached.
const BACKLOG: u32 = 4096;

/// How long a connection may stay without a request. Longer than the pauses of a client at work;
/// each connection is a file of ours.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// How many bytes of an answer that is not read the kernel keeps. With more, a slow reader could
/// not be distinguished from one that has stopped: the kernel reports progress only when a third is
/// free.
const SEND_BUFFER: u32 = 256 << 10;

/// How long a refused client may go on sending before the connection is cut.
const REFUSED_CLIENT_TIMEOUT: Duration = Duration::from_secs(20);

/// Serves the API on `listener` until `stop` is cancelled; then finishes what it accepted.
pub fn serve(
    listener: TcpListener,
    state: web::Data<AppState>,
    stop: CancellationToken,
) -> io::Result<Server> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() && state.stores.config.api.register_key.is_none() {
        tracing::warn!(
            %address,
            "whoever reaches this address may announce a model and be sent photos: set \
             api.register_key, or listen on 127.0.0.1"
        );
    }
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let uploads = state.stores.config.api.max_uploads;
    let streams = state.stores.config.api.max_streams;
    let limits = ConnectionLimits::new(open_files::allow_many(), uploads, streams, workers).unwrap_or_else(|| {
        tracing::warn!(
            "the limit on open files is too low for {uploads} uploads (api.max_uploads) and their \
             connections: raise it (ulimit -n)"
        );
        ConnectionLimits { connections: uploads.div_ceil(workers), streams: 0 }
    });
    if limits.streams < streams {
        tracing::warn!(
            "the limit on open files lets {} clients wait for events, and not {streams} \
             (api.max_streams): raise it (ulimit -n)",
            limits.streams
        );
        state.subscriptions.permits.limit_to(limits.streams);
    }
    let (closing, stopped) = (state.closing.clone(), stop.clone());
    tokio::spawn(async move {
        stopped.cancelled_owned().await;
        closing.cancel();
    });
    tokio::spawn(maintenance::run(Arc::clone(&state)));
    state.subscriptions.start(&state.stores, &state.closing);
    callbacks::start(&state.stores, &state.closing);
    let gate = UploadGate::new(Arc::clone(&state.admission), limits.connections / 2, stop.clone());
    let timeouts = ClientTimeouts {
        next_head: IDLE_TIMEOUT + HEAD_TIMEOUT,
        reading: state.stores.config.api.upload_patience,
        reading_rate: state.stores.config.api.min_download_rate.as_u64(),
    };
    let stopping = stop.clone();
    let listener = with_buffers(listener)?;
    // As HttpServer does it, with the gate before it.
    let server = Server::build()
        .workers(workers)
        .max_concurrent_connections(limits.connections)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .shutdown_signal(stop.cancelled_owned())
        .listen("http", listener, move || {
            let (gate, stopping) = (gate.clone(), stopping.clone());
            let config = Arc::clone(&state.stores.config);
            let state = web::Data::new(state.for_worker());
            let app = App::new()
                .app_data(state)
                .wrap_fn(move |request, app| access::guard(&config.api, request, app))
                .wrap_fn(attend)
                .configure(configure);
            let http = HttpService::build()
                .client_request_timeout(HEAD_TIMEOUT)
                .keep_alive(IDLE_TIMEOUT)
                // A client that is refused early is still sending, and is to hear why.
                .client_disconnect_timeout(REFUSED_CLIENT_TIMEOUT)
                .graceful_shutdown_signal(move || stopping.clone().cancelled_owned())
                .local_addr(address)
                .on_connect_ext(Connection::introduce)
                .finish(map_config(app, |()| AppConfig::default()));
            let gate = move |stream: ClientStream| {
                let gate = gate.clone();
                async move {
                    let client = stream.peer_addr().ok();
                    let local = LocalAddress(stream.local_addr().ok());
                    let stream = gate.let_in(stream).await?;
                    Ok((Connection::new(stream, timeouts).at(local), Protocol::Http1, client))
                }
            };
            // In a box of its own, or each client that is turned away would have room made for what
            // is never begun.
            fn_service(gate).map_err(DispatchError::Io).and_then(boxed::factory(http))
        })?;
    Ok(server.run())
}

/// The same listener, with room for [`BACKLOG`] clients, each with a [`SEND_BUFFER`].
fn with_buffers(listener: TcpListener) -> io::Result<TcpListener> {
    listener.set_nonblocking(true)?;
    // Tokio has the calls that set them, and does not mind that the socket listens already.
    let socket = TcpSocket::from_std_stream(TcpStream::from(OwnedFd::from(listener)));
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.listen(BACKLOG)?.into_std()
}
