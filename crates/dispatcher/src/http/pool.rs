//! The connections to all hosts.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::HttpSettings;
use super::Reuse;
use super::busy_connection::BusyConnection;
use super::connection::Connection;
use super::connector::Connector;
use super::error::SendError;
use super::host::{AddressPermit, Choice, Host};
use super::origin::Origin;

/// How long one address may take to be connected to before the next is tried beside it (RFC 8305).
const STAGGER: Duration = Duration::from_millis(300);

/// How often unused connections are looked through.
const SWEEP: Duration = Duration::from_secs(1);

/// A host that was not asked for so long is forgotten.
const FORGET_AFTER: Duration = Duration::from_mins(1);

/// Connections, by the host they lead to.
#[derive(Debug)]
pub(super) struct Pool {
    settings: HttpSettings,
    connector: Connector,
    hosts: Mutex<HashMap<Origin, Arc<Host>>>,
}

impl Pool {
    pub(super) fn new(settings: HttpSettings, connector: Connector) -> Self {
        Self { settings, connector, hosts: Mutex::default() }
    }

    pub(super) fn settings(&self) -> &HttpSettings {
        &self.settings
    }

    /// A connection that carries no request.
    pub(super) async fn connection(
        self: &Arc<Self>,
        origin: &Origin,
        reuse: Reuse,
    ) -> Result<BusyConnection, SendError> {
        let host = self.host(origin);
        host.look_up().await.map_err(SendError::connect)?;
        let Some(Choice { permit, connection, candidates }) = host.choose(reuse) else {
            return Err(SendError::connect(format!("{} has no address", origin.host())));
        };
        if let Some(connection) = connection {
            return Ok(BusyConnection::new(connection, permit));
        }
        let (permit, stream) = self.connect(&host, permit, candidates).await?;
        let age = self.settings.age;
        let connection = if origin.is_tls() {
            let stream = self.connector.tls(origin.host(), stream).await?;
            Connection::open(stream, age).await?
        } else {
            Connection::open(stream, age).await?
        };
        Ok(BusyConnection::new(connection, permit))
    }

    /// Connects to the first of the candidates that lets us, each being tried a moment after the
    /// one before it, or once that has failed.
    async fn connect(
        &self,
        host: &Host,
        permit: AddressPermit,
        candidates: Vec<SocketAddr>,
    ) -> Result<(AddressPermit, TcpStream), SendError> {
        let mut candidates = candidates.into_iter();
        let mut trying = Vec::new();
        let mut attempts = FuturesUnordered::new();
        let mut last_error = None;
        loop {
            if let Some(address) = candidates.next() {
                trying.push(address);
                let connecting = self.connector.tcp(address);
                attempts.push(async move { (address, connecting.await) });
            }
            tokio::select! {
                attempt = attempts.next() => match attempt {
                    Some((address, Ok(stream))) => {
                        // Those that are slower come last for a while.
                        trying.iter().filter(|it| **it != address).for_each(|it| host.note_failure(*it));
                        return Ok((permit.at(address), stream));
                    }
                    Some((address, Err(error))) => {
                        host.note_failure(address);
                        last_error = Some(error);
                    }
                    None => {
                        host.forget_lookup();
                        return Err(last_error.map_or_else(|| SendError::connect("no address"), SendError::connect));
                    }
                },
                () = sleep(STAGGER), if candidates.len() > 0 => {}
            }
        }
    }

    fn host(self: &Arc<Self>, origin: &Origin) -> Arc<Host> {
        let mut hosts = self.hosts();
        if let Some(host) = hosts.get(origin) {
            return Arc::clone(host);
        }
        if hosts.is_empty() {
            self.sweep_regularly();
        }
        let host = Arc::new(Host::new(origin.clone(), self.settings.clone()));
        hosts.insert(origin.clone(), Arc::clone(&host));
        host
    }

    /// Sweeps until there are no hosts left.
    fn sweep_regularly(self: &Arc<Self>) {
        let pool = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                sleep(SWEEP).await;
                let Some(pool) = pool.upgrade() else { return };
                let mut hosts = pool.hosts();
                // A request may have found its host and not chosen an address yet.
                hosts.retain(|_, host| !host.sweep(FORGET_AFTER) || Arc::strong_count(host) > 1);
                if hosts.is_empty() {
                    return;
                }
            }
        });
    }

    fn hosts(&self) -> MutexGuard<'_, HashMap<Origin, Arc<Host>>> {
        // Every change is complete before anything can panic.
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
